// A running orderd whose admin server the test queries.
#pragma once

#include <optional>
#include <sstream>

#include "integration/sale.h"
#include "support/http.h"

namespace orderd::test {

class Watched {
 public:
  // `settings`: variables, as for Sale::daemon().
  Watched(Sale& sale, const std::string& name, Words settings = {}) {
    settings.emplace_back("ORDERD_ADMIN_LISTEN=127.0.0.1:0");
    process = sale.daemon(name, settings);
    const std::string place = "metrics and health at http://127.0.0.1:";
    wait_to_say(*process, place);
    port = static_cast<uint16_t>(std::stoi(process->errors().substr(process->errors().find(place) + place.size())));
  }

  [[nodiscard]] HttpAnswer get(const std::string& path) const { return http(port, path); }
  // The value of a sample of /metrics; nullopt if absent.
  [[nodiscard]] std::optional<double> sample(const std::string& name_and_labels) const {
    std::istringstream lines(get("/metrics").body);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with(name_and_labels + " ")) return std::stod(line.substr(name_and_labels.size() + 1));
    }
    return std::nullopt;
  }
  // Waits until this many requests of the lane are known to wait.
  void until_waiting_is(int count) const {
    wait_for([&] { return sample("orderd_requests_waiting{lane=\"orders\"}") == count; }, std::chrono::seconds(20),
             std::to_string(count) + " waiting requests");
  }
  // Waits until /readyz has this status and text.
  void until_ready_is(int status, const std::string& part) const {
    HttpAnswer last;
    const bool came = poll_until(
        [&] {
          last = get("/readyz");
          return last.status == status && contains(last.body, part);
        },
        std::chrono::seconds(60));
    if (!came) FAIL("/readyz is ", last.status, ": ", last.body, "\n", process->errors());
  }

  std::unique_ptr<Process> process;
  uint16_t port = 0;
};

// A sale with a watched daemon, which has to be running at the end and exit with 0.
struct WatchedSale {
  ~WatchedSale() { end(*daemon.process); }
  Sale sale;
  Watched daemon{sale, "only"};
};

}  // namespace orderd::test
