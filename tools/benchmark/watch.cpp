// What tutorials do without a script: WATCH the stock, read it, take from it in a transaction, and retry when another
// client was faster. Written for our own connections, which are faster than those of most clients.
#include <memory>

#include "benchmark/parts.h"
#include "benchmark/run.h"
#include "support/valkey_helpers.h"
#include "valkey/connection.h"

namespace orderd::bench {
namespace {

struct Sale {
  Loop loop;
  uint64_t left = 0;  // orders not started
  uint64_t open = 0;  // orders not done
  uint64_t tries = 0;
};

// One client: one order at a time, two round trips each.
class Buyer : private valkey::Connection::Listener {
 public:
  Buyer(Sale& sale, const valkey::Address& address) : sale_(sale), key_("product:" + sku_name(0) + ":stock") {
    ignored_.done = [](valkey::Call&, const valkey::Reply&) {};
    stock_.buyer = this;
    stock_.done = [](valkey::Call& call, const valkey::Reply& reply) {
      static_cast<Step&>(call).buyer->on_stock(reply);
    };
    outcome_.buyer = this;
    outcome_.done = [](valkey::Call& call, const valkey::Reply& reply) {
      static_cast<Step&>(call).buyer->on_outcome(reply);
    };
    auto connection = valkey::Connection::open(sale.loop, address, Milliseconds(30'000), *this);
    if (!connection) throw std::runtime_error(connection.error());
    connection_ = std::move(connection.value());
  }

 private:
  struct Step : valkey::Call {
    Buyer* buyer = nullptr;
  };

  void next() {
    if (sale_.left == 0) return;
    --sale_.left;
    attempt();
  }
  void attempt() {
    ++sale_.tries;
    send(ignored_, valkey::Command::of("WATCH", key_));
    send(stock_, valkey::Command::of("GET", key_));
  }
  void on_stock(const valkey::Reply& reply) {
    if (reply.lost() || reply.text() == "0") return sale_.loop.stop();
    send(ignored_, valkey::Command::of("MULTI"));
    send(ignored_, valkey::Command::of("DECRBY", key_, 1));
    send(outcome_, valkey::Command::of("EXEC"));
  }
  void on_outcome(const valkey::Reply& reply) {
    if (reply.lost()) return;
    if (reply.is_nil()) return attempt();
    if (--sale_.open == 0) return sale_.loop.stop();
    next();
  }
  void send(valkey::Call& call, const valkey::Command& command) { (void)connection_->send(call, command); }

  void on_open() override { next(); }
  void on_closed(const valkey::Error&) override { sale_.loop.stop(); }

  Sale& sale_;
  std::string key_;
  valkey::Call ignored_;
  Step stock_;
  Step outcome_;
  std::unique_ptr<valkey::Connection> connection_;
};

Table::Row row_of(const Plan& plan, unsigned clients, uint64_t orders) {
  Table::Row row{std::to_string(clients) + (clients == 1 ? " client" : " clients"), std::vector<Samples>(3)};
  Lab lab(Transport::kUnix, AppendOnly::kOff);
  valkey::Address address;
  address.path = lab.endpoint().path;
  for (unsigned i = 0; i < plan.repeat; ++i) {
    say("watch: " + row.name + ", run " + std::to_string(i + 1) + " of " + std::to_string(plan.repeat));
    lab.clear();
    put_on_sale(lab.admin(), {});
    Sale sale;
    sale.left = sale.open = orders;
    std::vector<std::unique_ptr<Buyer>> buyers;
    for (unsigned b = 0; b < clients; ++b) buyers.push_back(std::make_unique<Buyer>(sale, address));
    const Reading before = lab.read({});
    sale.loop.run();
    const Reading after = lab.read({});
    const bool good = sale.open == 0;
    const auto count = static_cast<double>(orders);
    const double values[] = {count / (after.at - before.at), (after.server_cpu - before.server_cpu) * 1e6 / count,
                             static_cast<double>(sale.tries) / count};
    for (std::size_t c = 0; c < row.cells.size(); ++c) row.cells[c].push_back(values[c]);
    buyers.clear();
    if (!good) throw std::runtime_error("a connection of the WATCH clients was lost");
    if (stock_left(lab.admin(), {}) != kStock - orders) throw Violation("WATCH clients took the wrong quantity");
  }
  return row;
}

}  // namespace

void measure_watch(const Plan& plan, Report& report) {
  const uint64_t orders = std::max<uint64_t>(plan.orders / 25, 100);
  Table table{
      "The tutorials' WATCH, MULTI, EXEC on one hot SKU, unix socket",
      {{"orders/s", 0}, {"server us", 2}, {"tries an order", 2}},
      {},
      {"It only decides: no request is read, no result written, nothing acknowledged. A client that dies after EXEC "
       "does not know whether it sold: not exactly once."}};
  for (const unsigned clients : {1U, 16U, 64U}) table.rows.push_back(row_of(plan, clients, orders));
  report.table(std::move(table));
}

}  // namespace orderd::bench
