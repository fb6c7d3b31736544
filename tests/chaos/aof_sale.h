// A sale (integration/sale.h) on a server with simulated clock, disk and power (shims.h).
#pragma once

#include <csignal>

#include "integration/sale.h"
#include "order-chaos/shims.h"
#include "support/wait_for.h"

namespace orderd::test {

class AofSale {
 public:
  static constexpr std::chrono::seconds kPatience{60};

  explicit AofSale(ServerOptions::AppendOnly append_only) : sale(test_seed(), options(append_only)) {}

  // What no sequence of whole scripts can leave behind: stock that disagrees with the results, a first decision without
  // its record, a position that disagrees with the results. Empty if consistent. Stop all daemons first.
  [[nodiscard]] std::vector<std::string> torn();

  // Ends the sale: waits until all is settled, checks the books, stops the daemon.
  void finish(Process& daemon) {
    sale.stop_producing();
    sale.settle();
    sale.check_books();
    end(daemon);
  }

  Shims shims;
  Sale sale;

 private:
  void find_torn_position(const std::vector<Entry>& results, std::vector<std::string>& found);
  [[nodiscard]] ServerOptions options(ServerOptions::AppendOnly append_only) const {
    ServerOptions options;
    options.append_only = append_only;
    options.environment = shims.environment();
    return options;
  }
};

}  // namespace orderd::test
