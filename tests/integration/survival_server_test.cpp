// What happens to the server, under load: killed and restarted, out of memory, its scripts, connections, group or
// stream taken away.
#include <doctest/doctest.h>
#include <signal.h>

#include "integration/sale.h"
#include "support/wait_for.h"

using namespace orderd::test;
using namespace std::chrono_literals;

namespace {

void end(Process& daemon) {
  CHECK(daemon.running());
  daemon.signal(SIGTERM);
  CHECK(daemon.wait() == 0);
}

}  // namespace

TEST_CASE("a server that syncs always may be killed and started again") {
  ServerOptions options;
  options.append_only = ServerOptions::AppendOnly::kAlways;
  Sale sale(test_seed(), options);
  auto daemon = sale.daemon("only");
  sale.produce();
  for (int kills = 0; kills < 5; ++kills) {
    sale.wait_for_results(sale.random.number(1, 600));
    sale.server.kill();
    sale.server.start();
    sale.reconnect();
  }
  sale.wait_for_results(500);
  sale.stop_producing();
  sale.settle();
  sale.check_books();
  sale.check_first_come_first_served();
  end(*daemon);
}

TEST_CASE("scripts that are flushed again and again neither lose an order nor change their sequence") {
  Sale sale(test_seed());
  auto daemon = sale.daemon("only");
  sale.produce();
  for (int times = 0; times < 30; ++times) {
    sale.wait_for_results(sale.random.number(1, 200));
    CHECK(ask(sale.client(), {"SCRIPT", "FLUSH"}) == "OK");
  }
  sale.wait_for_results(500);
  sale.stop_producing();
  sale.settle();
  sale.check_books();
  sale.check_first_come_first_served();
  end(*daemon);
}

TEST_CASE("connections that are killed again and again neither lose an order nor change their sequence") {
  Sale sale(test_seed());
  auto daemon = sale.daemon("only");
  sale.produce();
  for (int times = 0; times < 15; ++times) {
    sale.wait_for_results(sale.random.number(1, 200));
    ask_number(sale.client(), {"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  }
  sale.wait_for_results(500);
  sale.stop_producing();
  sale.settle();
  sale.check_books();
  sale.check_first_come_first_served();
  end(*daemon);
}

TEST_CASE("a group that is destroyed under load is created anew where it was") {
  Sale sale(test_seed());
  auto one = sale.daemon("one");
  auto two = sale.daemon("two");
  sale.produce();
  for (int times = 0; times < 8; ++times) {
    sale.wait_for_results(sale.random.number(1, 1500));
    ask_number(sale.client(), {"XGROUP", "DESTROY", "orders", "orderd"});
  }
  sale.wait_for_results(500);
  sale.stop_producing();
  sale.settle();
  sale.check_books();
  end(*one);
  end(*two);
}

TEST_CASE("a deleted orders stream costs the requests that nobody has read and no others") {
  Sale sale(test_seed());
  auto one = sale.daemon("one");
  auto two = sale.daemon("two");
  sale.produce();
  std::size_t read_before = 0;  // requests whose entries are gone but which a daemon had read: they have results, too
  for (int times = 0; times < 5; ++times) {
    sale.wait_for_results(sale.random.number(1, 1000));
    // How many were delivered, and their end, in one step. Where the group of the last round is not there yet, none
    // was.
    read_before += static_cast<std::size_t>(ask_number(sale.client(), {"EVAL", R"(
        local groups, read = server.pcall('XINFO', 'GROUPS', 'orders'), 0
        if not groups.err and groups[1] then read = #server.call('XRANGE', 'orders', '-', groups[1][8]) end
        server.call('DEL', 'orders')
        return read)",
                                                                       "0"}));
  }
  sale.wait_for_results(500);
  sale.stop_producing();
  sale.settle(read_before);
  sale.check_books();
  CHECK(sale.results() == length(sale.client(), "orders") + read_before);
  end(*one);
  end(*two);
}

TEST_CASE("entries that are deleted while they are pending end as lost requests") {
  Sale sale(test_seed());
  for (int i = 0; i < 2000; ++i)
    xadd(sale.client(), "orders", {{"id", "o-" + std::to_string(i)}, {"sku", "shoe"}, {"quantity", "1"}});
  ask(sale.client(), {"XGROUP", "CREATE", "orders", "orderd", "0"});
  // One part is the daemon's own, the other a dead consumer's.
  const auto own = read_group(sale.client(), "orders", "orderd", "only", ">", 10);
  const auto other = read_group(sale.client(), "orders", "orderd", "dead", ">", 10);
  for (const std::size_t i : {0U, 4U, 9U}) {
    ask_number(sale.client(), {"XDEL", "orders", own[i].id});
    ask_number(sale.client(), {"XDEL", "orders", other[i].id});
  }
  auto daemon = sale.daemon("only");
  sale.settle(6);
  sale.check_books();
  std::size_t lost = 0;
  for (const Entry& result : entries(sale.client(), "results"))
    lost += result.field("reason") == "request_lost" ? 1 : 0;
  CHECK(lost == 6);
  end(*daemon);
}

TEST_CASE("out of memory orders wait and go on when there is memory again") {
  Sale sale(test_seed());
  auto daemon = sale.daemon("only");
  wait_for([&] { return daemon->errors().find("created the group") != std::string::npos; }, 10s, "the daemon to serve");
  for (int times = 0; times < 3; ++times) {
    const std::size_t before = sale.results();
    daemon->pause();
    for (int i = 0; i < 1000; ++i) {
      xadd(sale.client(), "orders",
           {{"id", std::to_string(times) + "-" + std::to_string(i)}, {"sku", "shoe"}, {"quantity", "1"}});
    }
    CHECK(ask(sale.client(), {"CONFIG", "SET", "maxmemory", "1"}) == "OK");
    const std::size_t said = daemon->errors().size();
    daemon->resume();
    wait_for([&] { return daemon->errors().find("orders wait: OOM", said) != std::string::npos; }, 10s,
             "the daemon to say that orders wait");
    CHECK(sale.results() == before);
    CHECK(ask(sale.client(), {"CONFIG", "SET", "maxmemory", "0"}) == "OK");
    sale.wait_for_results(1000);
  }
  sale.settle();
  sale.check_books();
  sale.check_first_come_first_served();
  end(*daemon);
}
