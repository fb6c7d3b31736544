// The checks of orderctl doctor, one function each. What they share: the server's INFO and CONFIG, asked once.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "orderctl/checkup.h"
#include "orderctl/questions.h"

namespace orderd::tools {

class Checkup {
 public:
  // `lanes`: those on this server, at least one.
  Checkup(Client& client, const std::vector<settings::Settings>& lanes)
      : client_(client), lanes_(lanes), settings_(lanes.front()), questions_(client) {}

  [[nodiscard]] Result<std::vector<Finding>> run();

 private:
  // Of the server: checkup.cpp.
  void ask_server();
  void version();
  void role();
  void persistence();
  void truncated();
  void eviction();
  void memory();
  void replicas();
  void coverage();
  void login();
  void scripts();
  void clock();
  // Of the lanes on it: checkup_lanes.cpp.
  void growth();
  void rights();
  void ids();
  void keys();
  void groups();

  // What one entry of a stream takes, and how many are added a second.
  struct Growth {
    uint64_t entry_bytes = 0;
    double rate = 0;
  };
  [[nodiscard]] std::optional<Growth> growth_of(const std::string& stream);

  void good(const char* check, std::string what) {
    findings_.push_back({Finding::State::kGood, check, std::move(what), "", ""});
  }
  void problem(const char* check, std::string what, std::string why, std::string fix) {
    findings_.push_back({Finding::State::kProblem, check, std::move(what), std::move(why), std::move(fix)});
  }
  void unknown(const char* check, std::string what, std::string why) {
    findings_.push_back({Finding::State::kUnknown, check, std::move(what), std::move(why), ""});
  }
  [[nodiscard]] std::string info(const char* name) const {
    const auto found = info_.find(name);
    return found == info_.end() ? "" : found->second;
  }
  [[nodiscard]] std::string config(const char* name) const {
    const auto found = config_.find(name);
    return found == config_.end() ? "" : found->second;
  }
  [[nodiscard]] std::string in_lanes() const {
    return lanes_.size() == 1 ? "" : ", in " + std::to_string(lanes_.size()) + " lanes";
  }

  static constexpr const char* kNoConfig = "the server denies CONFIG GET";
  // The server needs room beside the data: for the copy-on-write of a rewrite, for buffers.
  static constexpr double kFullPart = 0.8;

  Client& client_;
  const std::vector<settings::Settings>& lanes_;
  const settings::Settings& settings_;  // of the first of them, for what is of the server
  Questions questions_;
  std::map<std::string, std::string, std::less<>> info_, config_;
  std::optional<uint64_t> now_ms_;
  std::vector<Finding> findings_;
  std::string failure_;
};

[[nodiscard]] std::string mebibytes_text(uint64_t bytes);

}  // namespace orderd::tools
