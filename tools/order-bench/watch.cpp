// What tutorials do without a script: WATCH the stock, read it, take from it in a transaction, and retry when another
// client was faster.
#include <poll.h>

#include <algorithm>
#include <initializer_list>

#include "order-bench/bench.h"
#include "order-bench/lab.h"
#include "support/valkey_helpers.h"

namespace orderd::bench {
namespace {

constexpr int kPatienceMs = 60'000;

struct Progress {
  uint64_t left = 0;  // orders not started
  uint64_t open = 0;  // orders not done
  uint64_t tries = 0;
};

// One client: one order at a time, two round trips each.
class Buyer {
 public:
  Buyer(valkey::SyncClient client, Progress& progress) : client_(std::move(client)), progress_(progress) {}

  [[nodiscard]] pollfd wait_for() const { return {client_.descriptor(), POLLIN, 0}; }
  void next() {
    if (progress_.left == 0) return;
    --progress_.left;
    attempt();
  }
  // Its replies arrive: those to the first two commands, or those to the transaction.
  void proceed() {
    if (!deciding_) {
      const auto watched = take(), stock = take();
      if (stock->text() == "0") throw Violation("WATCH clients took the wrong quantity");
      deciding_ = true;
      return send({{"MULTI"}, {"DECRBY", key_, "1"}, {"EXEC"}});
    }
    const auto started = take(), queued = take(), outcome = take();
    if (outcome->is_nil()) return attempt();
    --progress_.open;
    next();
  }

 private:
  void attempt() {
    ++progress_.tries;
    deciding_ = false;
    send({{"WATCH", key_}, {"GET", key_}});
  }
  void send(std::initializer_list<Words> commands) {
    for (const Words& words : commands) client_.append(test::command_of(words));
    client_.flush();
  }
  valkey::OwnedReply take() { return need(client_.read()); }

  valkey::SyncClient client_;
  Progress& progress_;
  const std::string key_ = "product:" + sku_name(0) + ":stock";
  bool deciding_ = false;  // EXEC was sent
};

void sell(std::vector<Buyer>& buyers, const Progress& progress) {
  std::vector<pollfd> sockets;
  for (Buyer& buyer : buyers) {
    sockets.push_back(buyer.wait_for());
    buyer.next();
  }
  while (progress.open > 0) {
    if (poll(sockets.data(), sockets.size(), kPatienceMs) <= 0) throw std::runtime_error("no reply for a minute");
    for (std::size_t i = 0; i < buyers.size(); ++i) {
      if (sockets[i].revents != 0) buyers[i].proceed();
    }
  }
}

}  // namespace

void measure_watch(const Plan& plan, Report& report) {
  const uint64_t orders = std::max<uint64_t>(plan.orders / 25, 100);
  Table table{
      "The tutorials' WATCH, MULTI, EXEC on one hot SKU, unix socket",
      {{"orders/s", 0}, {"server us", 2}, {"tries an order", 2}},
      {"It only decides: no request is read, no result written, nothing acknowledged. A client that dies after EXEC "
       "does not know whether it sold: not exactly once."}};
  Lab lab;
  for (const unsigned clients : {1U, 16U, 64U}) {
    const std::string name = std::to_string(clients) + (clients == 1 ? " client" : " clients");
    repeat(plan.repeat, "watch: " + name, [&] {
      lab.clear();
      Progress progress{orders, orders, 0};
      std::vector<Buyer> buyers;
      for (unsigned i = 0; i < clients; ++i) buyers.emplace_back(lab.connect(), progress);
      const Reading before = lab.read();
      sell(buyers, progress);
      const Reading after = lab.read();
      if (units_sold(lab.admin(), {}) != orders) throw Violation("WATCH clients took the wrong quantity");
      const auto count = static_cast<double>(orders);
      table.add(name, {count / (after.at - before.at), (after.server_cpu - before.server_cpu) * 1e6 / count,
                       static_cast<double>(progress.tries) / count});
    });
  }
  report.table(std::move(table));
}

}  // namespace orderd::bench
