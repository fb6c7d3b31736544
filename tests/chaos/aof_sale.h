// A sale (integration/sale.h) whose server runs on a machine of the test's own making (shims.h), with a reader of the
// results as a shop would have one.
#pragma once

#include <atomic>
#include <csignal>
#include <thread>

#include "chaos/power_cut.h"
#include "chaos/shims.h"
#include "integration/sale.h"
#include "support/wait_for.h"

namespace orderd::test {

// Reads the results stream on a thread of its own, from the first entry until the connection breaks.
class ResultReader {
 public:
  explicit ResultReader(const ValkeyServer& server);
  // Waits for its end, which must have come or be near.
  ~ResultReader();
  ResultReader(const ResultReader&) = delete;
  ResultReader& operator=(const ResultReader&) = delete;

  // The ids of the results that it has read. Waits for its end.
  [[nodiscard]] const std::vector<std::string>& ids();
  // How many so far.
  [[nodiscard]] std::size_t count() const { return count_; }

 private:
  void run(valkey::SyncClient client);

  std::vector<std::string> ids_;
  std::atomic<std::size_t> count_{0};
  std::thread thread_;
};

class AofSale {
 public:
  static constexpr std::chrono::seconds kPatience{60};

  explicit AofSale(ServerOptions::AppendOnly append_only) : sale(test_seed(), options(append_only)) {}

  // What the server holds now and whole scripts could not have left: a stock that disagrees with the results, a first
  // decision without its record, a position that disagrees with the results. Empty: all is whole. No daemon may be at
  // work.
  [[nodiscard]] std::vector<std::string> torn();

  // Ends the sale well: all settled, books right, the daemon stopped.
  void finish(Process& daemon) {
    sale.stop_producing();
    sale.settle();
    sale.check_books();
    CHECK(daemon.running());
    daemon.signal(SIGTERM);
    CHECK(daemon.wait() == 0);
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
