// CLIENT PAUSE holds back writers, and so does FAILOVER: a daemon that has to stop or to recover meanwhile must not
// suffer.
#include <doctest/doctest.h>
#include <signal.h>

#include <regex>

#include "integration/sale.h"
#include "support/wait_for.h"

using namespace orderd::test;
using namespace std::chrono_literals;

namespace {

// Whether the server holds back a settling call of the daemon.
bool call_is_held_back(Sale& sale) {
  static const std::regex held("name=orderd-settle:only .* cmd=evalsha");
  static const std::regex blocked("name=orderd-settle:only .* flags=b");
  const std::string clients = ask(sale.client(), {"CLIENT", "LIST"});
  return std::regex_search(clients, held) && std::regex_search(clients, blocked);
}

}  // namespace

TEST_CASE("a daemon that gets SIGTERM while the server pauses writes finishes its orders afterwards") {
  Sale sale(test_seed());
  auto daemon = sale.daemon("only");
  sale.wait_for_owner("only");
  sale.sell(300);
  CHECK(ask(sale.client(), {"CLIENT", "PAUSE", "100000", "WRITE"}) == "OK");
  wait_for([&] { return call_is_held_back(sale); }, 20s, "a call to be held back");  // the lease, if nothing else
  daemon->signal(SIGTERM);
  wait_to_say(*daemon, "shutting down");
  CHECK(ask(sale.client(), {"CLIENT", "UNPAUSE"}) == "OK");
  CHECK(daemon->wait() == 0);
  CHECK(ask(sale.client(), {"PING"}) == "PONG");
  CHECK(sale.owner().empty());
  daemon = sale.daemon("only");
  sale.produce();
  sale.close_books(300);
}

TEST_CASE("paused writes around lost connections lose no order") {
  Sale sale(test_seed());
  auto daemon = sale.daemon("only", {"ORDERD_VALKEY_REPLY_TIMEOUT=300ms"});
  auto other = sale.daemon("other", {"ORDERD_VALKEY_REPLY_TIMEOUT=300ms"});
  sale.disturb(6, 500, [&](int) {
    CHECK(ask(sale.client(), {"CLIENT", "PAUSE", std::to_string(sale.random.number(100, 900)), "WRITE"}) == "OK");
  });
  end(*daemon);
  end(*other);
}
