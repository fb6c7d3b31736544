// CLIENT PAUSE holds writers back, as FAILOVER does on its own. A daemon may be told to end then, or be about to
// recover, with its read held back at the server: neither it nor the server comes to harm.
#include <doctest/doctest.h>
#include <signal.h>

#include <regex>

#include "integration/sale.h"
#include "support/wait_for.h"

using namespace orderd::test;
using namespace std::chrono_literals;

namespace {

// Has the server held back the daemon's read? One that only waits for entries is over long before.
bool read_is_held_back(Sale& sale) {
  static const std::regex held("name=orderd-read .* idle=([3-9]|\\d\\d).* cmd=xreadgroup");
  return std::regex_search(ask(sale.client(), {"CLIENT", "LIST"}), held);
}

}  // namespace

TEST_CASE("to end while the server holds writers back harms neither the daemon nor the server") {
  Sale sale(test_seed());
  // No chore may be held back in front of what a daemon says to the server at its end: the first ones are over, and
  // with the default claim_idle the next ones are far.
  ProcessOptions options;
  options.environment = {"ORDERD_VALKEY_URL=unix://" + sale.server.endpoint().path, "ORDERD_STREAMS_CONSUMER=only"};
  auto daemon = std::make_unique<Process>(std::vector<std::string>{ORDERD_PATH}, options);
  wait_for(
      [&] {
        return ask(sale.client(), {"INFO", "commandstats"}).find("cmdstat_xautoclaim") != std::string::npos;
      },
      20s, "the daemon to serve");
  CHECK(ask(sale.client(), {"CLIENT", "PAUSE", "8000", "WRITE"}) == "OK");
  wait_for([&] { return read_is_held_back(sale); }, 20s, "the read to be held back");
  sale.produce();
  daemon->signal(SIGTERM);
  CHECK(daemon->wait() == 0);
  CHECK(ask(sale.client(), {"PING"}) == "PONG");
  CHECK(pending_count(sale.client(), "orders", "orderd") == 0);
  daemon = sale.daemon("only");
  sale.wait_for_results(500);
  sale.stop_producing();
  sale.settle();
  sale.check_books();
  sale.check_first_come_first_served();
}

TEST_CASE("to take over entries around a pause of the server's writers harms neither the daemon nor the server") {
  Sale sale(test_seed());
  ask(sale.client(), {"XGROUP", "CREATE", "orders", "orderd", "0", "MKSTREAM"});
  auto daemon = sale.daemon("only");
  for (int times = 0; times < 6; ++times) {
    for (int i = 0; i < 100; ++i) {
      xadd(sale.client(), "orders",
           {{"id", std::to_string(times) + "-" + std::to_string(i)}, {"sku", "shoe"}, {"quantity", "1"}});
      if (i % 10 == 0) (void)read_group(sale.client(), "orders", "orderd", "dead");
    }
    CHECK(ask(sale.client(), {"CLIENT", "PAUSE", std::to_string(sale.random.number(300, 700)), "WRITE"}) == "OK");
    sale.settle();
  }
  sale.check_books();
  daemon->signal(SIGTERM);
  CHECK(daemon->wait() == 0);
}
