// A sale (integration/sale.h) whose daemons reach the server through a fault proxy. Producers and books bypass it.
#pragma once

#include "integration/sale.h"
#include "order-chaos/proxy/fault_proxy.h"
#include "support/wait_for.h"

namespace orderd::test {

class ProxiedSale {
 public:
  static constexpr std::chrono::seconds kPatience{60};

  ProxiedSale() : ProxiedSale(test_seed()) {}
  explicit ProxiedSale(uint64_t seed) : sale(seed), proxy(sale.server.endpoint(), seed) { sale.url = proxy.url(); }

  // A daemon with a reply timeout of 300 ms.
  void start(const std::vector<std::string>& settings = {}) {
    std::vector<std::string> all = {"ORDERD_VALKEY_REPLY_TIMEOUT=300ms", "ORDERD_VALKEY_CONNECT_TIMEOUT=500ms"};
    all.insert(all.end(), settings.begin(), settings.end());
    daemon = sale.daemon("only", all);
    wait_for([&] { return proxy.commands("XREAD") > 0; }, kPatience, "the daemon to read");
  }
  // Waits until a trigger has fired.
  void wait_fired(FaultProxy::TriggerId trigger) {
    wait_for([&] { return proxy.fired(trigger) > 0; }, kPatience, "the trigger");
  }
  // Waits until this many more connections were accepted.
  void wait_accepted(uint64_t more) {
    const uint64_t aim = proxy.stats().accepted + more;
    wait_for([&] { return proxy.stats().accepted >= aim; }, kPatience, "new connections");
  }
  // Heals the proxy, waits until all is settled, checks the books and stops the daemon.
  void check() {
    proxy.heal();
    sale.stop_producing();
    sale.settle();
    sale.check_books();
    end(*daemon);
  }

  Sale sale;
  FaultProxy proxy;
  std::unique_ptr<Process> daemon;
};

}  // namespace orderd::test
