// A consumer of a group as a capable engineer writes it by hand on hiredis, to show what exactly-once costs. It is
// at-least-once: after a crash between decision and acknowledgement it decides again and takes the stock twice. It
// keeps no records of orders.
//
// An order takes three steps, each in a batch: read (XREADGROUP), decide (the bare script), finish (XADD of the result,
// XACK). One burst carries all three steps of three batches in a row, written at once. Two bursts are in flight, so
// that the server works on one while the replies of the other are read and the next one is written.
#include <simdjson.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "order-bench/bench.h"
#include "order-bench/run.h"

namespace orderd::bench {
namespace {

using valkey::Command;

struct Order {
  std::string request;  // ID of the entry
  std::string id;
  std::string stock_key;
  int64_t quantity = 0;
  bool accepted = false;
};
using Batch = std::vector<Order>;

// What one burst contains; its replies come in this order.
struct Burst {
  Batch finished;  // XADD each, then one XACK
  Batch decided;   // EVALSHA each
  bool read = false;
};

class Consumer {
 public:
  Consumer(const std::string& url, std::string batch)
      : client_(need(valkey::SyncClient::connect(need(valkey::parse_url(url)), {.name = "consumer"}))),
        script_(need(client_.load(kBareScript))),
        batch_(std::move(batch)) {}

  [[noreturn]] void run() {
    std::array<Burst, 2> bursts;
    for (std::size_t turn = 0;; ++turn) {
      Burst& burst = bursts[turn % 2];
      // The batch read by this burst is decided next; the batch it decided is finished next.
      Batch read = receive(burst);
      burst.finished = std::move(burst.decided);
      burst.decided = std::move(read);
      const Burst& other = bursts[(turn + 1) % 2];
      const bool nothing = burst.finished.empty() && burst.decided.empty();
      const bool idle = nothing && other.finished.empty() && other.decided.empty();
      // A blocking read occupies the connection: only if there is nothing else to do, and only one.
      burst.read = !(idle && other.read);
      send(burst, idle);
    }
  }

 private:
  void send(const Burst& burst, bool idle) {
    for (const Order& order : burst.finished) {
      client_.append(Command::of("XADD", "results", "*", "order", order.id, "request", order.request, "status",
                                 order.accepted ? "accepted" : "rejected"));
    }
    if (!burst.finished.empty()) {
      Command acknowledge;
      acknowledge.begin(3 + burst.finished.size());
      for (const char* word : {"XACK", "orders", "orderd"}) acknowledge.add(word);
      for (const Order& order : burst.finished) acknowledge.add(order.request);
      client_.append(acknowledge);
    }
    for (const Order& order : burst.decided) {
      client_.append(Command::of("EVALSHA", script_, 1, order.stock_key, order.quantity));
    }
    if (burst.read && idle) {
      client_.append(Command::of("XREADGROUP", "GROUP", "orderd", "consumer", "COUNT", batch_, "BLOCK", 1000, "STREAMS",
                                 "orders", ">"));
    } else if (burst.read) {
      client_.append(
          Command::of("XREADGROUP", "GROUP", "orderd", "consumer", "COUNT", batch_, "STREAMS", "orders", ">"));
    }
    client_.flush();
  }

  // Reads all replies of a burst: records what was decided, and returns the batch that was read.
  Batch receive(Burst& burst) {
    if (!burst.finished.empty()) {
      for (std::size_t i = 0; i < burst.finished.size() + 1; ++i) (void)take();
    }
    for (Order& order : burst.decided) order.accepted = take()->integer() == 1;
    Batch batch;
    if (!burst.read) return batch;
    const valkey::OwnedReply reply = take();
    const valkey::Reply entries = reply->at(0).at(1);  // none after a timeout
    for (std::size_t i = 0; i < entries.size(); ++i) batch.push_back(parse(entries.at(i)));
    return batch;
  }

  // {"id":"o-1","sku":"shoe","quantity":1} in the field `order`.
  Order parse(const valkey::Reply& entry) {
    json_ = entry.at(1).at(1).text();
    json_.reserve(json_.size() + simdjson::SIMDJSON_PADDING);
    const simdjson::dom::element object = parser_.parse(json_.data(), json_.size(), false);
    return {.request = std::string(entry.at(0).text()),
            .id = std::string(std::string_view(object["id"])),
            .stock_key = "product:" + std::string(std::string_view(object["sku"])) + ":stock",
            .quantity = int64_t(object["quantity"])};
  }

  valkey::OwnedReply take() {
    valkey::OwnedReply reply = need(client_.read());
    if (reply->is_error()) throw std::runtime_error(std::string(reply->text()));
    return reply;
  }

  valkey::SyncClient client_;
  std::string script_;
  std::string batch_;
  std::string json_;
  simdjson::dom::parser parser_;
};

}  // namespace

void run_consumer(const std::string& url, const std::string& batch) {
  std::signal(SIGTERM, [](int) { _exit(0); });
  Consumer(url, batch).run();
}

}  // namespace orderd::bench
