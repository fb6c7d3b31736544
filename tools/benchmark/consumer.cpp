// order-bench-consumer: a consumer of a group as a capable engineer writes it by hand on hiredis, to show what
// exactly-once costs. It is at-least-once: after a crash between decision and acknowledgement it decides again and
// takes the stock twice. It keeps no records of orders.
//
//     order-bench-consumer SOCKET|PORT BATCH
//
// An order takes three steps, each in a batch: read (XREADGROUP), decide (the bare script), finish (XADD of the result,
// XACK). One burst carries all three steps of three batches in a row, written at once. Two bursts are in flight, so
// that the server works on one while the replies of the other are read and the next one is written.
#include <hiredis/hiredis.h>
#include <simdjson.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "benchmark/bare_script.h"

namespace orderd::bench {
namespace {

struct Order {
  std::string request;  // ID of the entry
  std::string id;
  std::string stock_key;
  std::string quantity;
  bool accepted = false;
};
using Batch = std::vector<Order>;

// RESP commands, one after the other.
class Writer {
 public:
  void begin(std::size_t words) { line('*', words); }
  void add(std::string_view word) {
    line('$', word.size());
    bytes_ += word;
    bytes_ += "\r\n";
  }
  template <class... Words>
  void command(const Words&... words) {
    begin(sizeof...(words));
    (add(words), ...);
  }
  [[nodiscard]] std::string& bytes() { return bytes_; }

 private:
  void line(char kind, std::size_t number) {
    bytes_ += kind;
    bytes_ += std::to_string(number);
    bytes_ += "\r\n";
  }
  std::string bytes_;
};

// What one burst contains; its replies come in this order.
struct Burst {
  Batch finished;  // XADD each, then one XACK
  Batch decided;   // EVALSHA each
  bool read = false;
  [[nodiscard]] bool empty() const { return finished.empty() && decided.empty() && !read; }
};

class Consumer {
 public:
  Consumer(const std::string& address, std::string batch)
      : context_(address.front() == '/' ? redisConnectUnix(address.c_str())
                                        : redisConnect("127.0.0.1", std::stoi(address))),
        batch_(std::move(batch)) {
    if (context_ == nullptr || context_->err != 0) throw std::runtime_error("cannot connect to " + address);
    Writer load;
    load.command("SCRIPT", "LOAD", kBareScript);
    write(load);
    redisReply* reply = take();
    script_.assign(reply->str, reply->len);
    freeReplyObject(reply);
  }
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;
  ~Consumer() { redisFree(context_); }

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
    Writer writer;
    for (const Order& order : burst.finished) {
      writer.command("XADD", "results", "*", "order", order.id, "request", order.request, "status",
                     order.accepted ? "accepted" : "rejected");
    }
    if (!burst.finished.empty()) {
      writer.begin(3 + burst.finished.size());
      writer.add("XACK");
      writer.add("orders");
      writer.add("orderd");
      for (const Order& order : burst.finished) writer.add(order.request);
    }
    for (const Order& order : burst.decided) {
      writer.command("EVALSHA", script_, "1", order.stock_key, order.quantity);
    }
    if (burst.read && idle) {
      writer.command("XREADGROUP", "GROUP", "orderd", "consumer", "COUNT", batch_, "BLOCK", "1000", "STREAMS", "orders",
                     ">");
    } else if (burst.read) {
      writer.command("XREADGROUP", "GROUP", "orderd", "consumer", "COUNT", batch_, "STREAMS", "orders", ">");
    }
    write(writer);
  }

  // Reads all replies of a burst: records what was decided, and returns the batch that was read.
  Batch receive(Burst& burst) {
    if (!burst.finished.empty()) {
      for (std::size_t i = 0; i < burst.finished.size() + 1; ++i) freeReplyObject(take());
    }
    for (Order& order : burst.decided) {
      redisReply* reply = take();
      order.accepted = reply->integer == 1;
      freeReplyObject(reply);
    }
    Batch batch;
    if (!burst.read) return batch;
    redisReply* reply = take();
    if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 1) {
      const redisReply* entries = reply->element[0]->element[1];
      batch.reserve(entries->elements);
      for (std::size_t i = 0; i < entries->elements; ++i) batch.push_back(parse(*entries->element[i]));
    }
    freeReplyObject(reply);
    return batch;
  }

  // {"id":"o-1","sku":"shoe","quantity":1} in the field `order`.
  Order parse(const redisReply& entry) {
    const redisReply& text = *entry.element[1]->element[1];
    json_.assign(text.str, text.len);
    json_.reserve(json_.size() + simdjson::SIMDJSON_PADDING);
    const simdjson::dom::element object = parser_.parse(json_.data(), json_.size(), false);
    Order order;
    order.request.assign(entry.element[0]->str, entry.element[0]->len);
    order.id = std::string_view(object["id"]);
    order.stock_key = "product:" + std::string(std::string_view(object["sku"])) + ":stock";
    order.quantity = std::to_string(int64_t(object["quantity"]));
    return order;
  }

  void write(Writer& writer) {
    const std::string& bytes = writer.bytes();
    if (redisAppendFormattedCommand(context_, bytes.data(), bytes.size()) != REDIS_OK) fail();
    for (int done = 0; done == 0;) {
      if (redisBufferWrite(context_, &done) != REDIS_OK) fail();
    }
  }
  redisReply* take() {
    void* reply = nullptr;
    if (redisGetReply(context_, &reply) != REDIS_OK) fail();
    auto* taken = static_cast<redisReply*>(reply);
    if (taken->type == REDIS_REPLY_ERROR) throw std::runtime_error(std::string(taken->str, taken->len));
    return taken;
  }
  [[noreturn]] void fail() const { throw std::runtime_error(context_->errstr); }

  redisContext* context_;
  std::string batch_;
  std::string script_;
  std::string json_;
  simdjson::dom::parser parser_;
};

int main_of(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: order-bench-consumer SOCKET|PORT BATCH\n";
    return 2;
  }
  std::signal(SIGTERM, [](int) { _exit(0); });
  try {
    Consumer(argv[1], argv[2]).run();
  } catch (const std::exception& problem) {
    std::cerr << "order-bench-consumer: " << problem.what() << "\n";
    return 1;
  }
}

}  // namespace
}  // namespace orderd::bench

int main(int argc, char** argv) {
  return orderd::bench::main_of(argc, argv);
}
