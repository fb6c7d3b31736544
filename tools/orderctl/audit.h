// orderctl audit: proves the ledger.
#pragma once

#include <cstdint>
#include <string>

#include "audit/audit.h"
#include "shared/program.h"

namespace CLI {
class App;
}

namespace orderd::tools {

class Audit {
 public:
  Audit(CLI::App& parent, Program& program);
  Audit(const Audit&) = delete;
  Audit& operator=(const Audit&) = delete;

 private:
  [[nodiscard]] Result<int> run(const Context& context) const;
  [[nodiscard]] Result<int> run_all(const Context& context) const;
  [[nodiscard]] Result<audit::Report> run_one(const settings::Settings& settings) const;

  std::string from_;
  std::string to_;
  std::string memory_ = "512MiB";
  uint64_t findings_max_ = 20;
};

}  // namespace orderd::tools
