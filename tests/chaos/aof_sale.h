// A sale (integration/sale.h) on a server with simulated clock, disk and power (shims.h), and a client that reads the
// results.
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
  // Waits for the thread to end. Kill or cut off the server first.
  ~ResultReader();
  ResultReader(const ResultReader&) = delete;
  ResultReader& operator=(const ResultReader&) = delete;

  // The IDs of the results read. Waits for the thread to end.
  [[nodiscard]] const std::vector<std::string>& ids();
  // How many results were read so far.
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

  // What no sequence of whole scripts can leave behind: stock that disagrees with the results, a first decision without
  // its record, a position that disagrees with the results. Empty if consistent. Stop all daemons first.
  [[nodiscard]] std::vector<std::string> torn();

  // Ends the sale: waits until all is settled, checks the books, stops the daemon.
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
