// A daemon behind a slow or flapping network: what the fault injector (N5, N7) does not check.
#include "chaos/fixtures.h"

using namespace orderd::test;
using namespace std::chrono_literals;

namespace {

// A sale whose daemon reaches the server through the proxy. Producers and books bypass it.
struct ProxiedSale {
  // A daemon with these timeouts.
  void start(const std::string& timeout) {
    sale.url = proxy.url();
    daemon =
        sale.daemon("only", {"ORDERD_VALKEY_REPLY_TIMEOUT=" + timeout, "ORDERD_VALKEY_CONNECT_TIMEOUT=" + timeout});
    wait_for([&] { return proxy.commands("XREAD") > 0; }, kSaleDeadline, "the daemon to read");
  }
  // A backlog, so that the daemon works at its own pace.
  void settle_backlog(const LinkFaults& link, int requests) {
    proxy.set_both(link);
    for (int i = 0; i < requests; ++i) push_order(sale.client(), "b-" + std::to_string(i), "hat", "2");
    start("10s");
    sale.settle();
    proxy.heal();
    sale.close_books();
    end(*daemon);
  }

  Sale sale{test_seed()};
  FaultProxy proxy{sale.server.endpoint(), sale.random.number(SIZE_MAX)};
  std::unique_ptr<Process> daemon;
};

}  // namespace

TEST_CASE_FIXTURE(ProxiedSale, "orders are settled when both directions deliver single bytes") {
  settle_backlog({.slice_max = 1}, 450);
}

TEST_CASE_FIXTURE(ProxiedSale, "a slow connection with jitter and little bandwidth keeps the order") {
  settle_backlog({.latency = 10ms, .jitter = 30ms, .slice_max = 400, .bytes_per_second = 120'000}, 500);
  CHECK(proxy.stats().accepted == 2);  // it never reconnected
}

TEST_CASE_FIXTURE(ProxiedSale, "a flapping connection leaks no descriptor and causes no reconnect storm") {
  constexpr uint64_t kFlaps = 25;
  start("500ms");
  sale.disturb(1, 300, [&](int) {
    const std::string pid = std::to_string(daemon->pid());
    const auto files = open_files(pid);
    const uint64_t before = proxy.stats().accepted;
    for (uint64_t flaps = 0; flaps < kFlaps; ++flaps) {
      proxy.set_door(Door::kRefused);
      proxy.reset();
      const uint64_t settled = proxy.commands("EVALSHA"), read = proxy.commands("XREAD");
      proxy.set_door(Door::kOpen);
      const auto served = [&] { return proxy.commands("EVALSHA") > settled && proxy.commands("XREAD") > read; };
      wait_for(served, kSaleDeadline, "both connections to be used again");
    }
    // Two sessions; each may connect more than once while the proxy is up.
    CHECK(proxy.stats().accepted - before <= 4 * kFlaps + 4);
    sale.wait_for_results(400);
    wait_for([&] { return open_files(pid) == files; }, kSaleDeadline, "as many descriptors as before");
  });
  end(*daemon);
}
