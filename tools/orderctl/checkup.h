// The checks of `orderctl doctor`, one function each. What they share, the server's INFO and CONFIG, is asked once.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "orderctl/questions.h"

namespace orderd::tools {

struct Finding {
  enum class State {
    kGood,
    kProblem,
    kUnknown,  // the server does not report it, or denies it to this user
  };
  State state = State::kGood;
  std::string check;  // its name
  std::string what;   // what is there, a few words or one clause
  std::string why;    // a problem: why it matters; kUnknown: why it is not known
  std::string fix;    // a problem: the command or the step that ends it
};

// Looks at the server against what orderd needs with these settings. It changes nothing.
class Checkup {
 public:
  // `lanes`: those on this server, at least one; the names in a finding say which.
  Checkup(Client& client, const std::vector<settings::Settings>& lanes)
      : client_(client), lanes_(lanes), settings_(lanes.front()), questions_(client) {}

  // One finding for each check, more for `groups`, `ids`, `keys` and `rights` where there are several problems. A
  // failure: the connection was lost, or the server cannot answer now.
  [[nodiscard]] Result<std::vector<Finding>> run();
  // The names of all checks, in the order in which they are made.
  [[nodiscard]] static std::vector<std::string> names();

 private:
  // Of the server: checkup.cpp.
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
  struct Check {
    const char* name;
    void (Checkup::*make)();
  };
  static const Check kChecks[16];

  // What one entry of a stream takes, and how many are added a second.
  struct Growth {
    uint64_t entry_bytes = 0;
    double rate = 0;
  };
  [[nodiscard]] std::optional<Growth> growth_of(const std::string& stream);

  // Findings of the check that is being made.
  void good(std::string what) { findings_.push_back({Finding::State::kGood, check_, std::move(what), "", ""}); }
  void problem(std::string what, std::string why, std::string fix) {
    findings_.push_back({Finding::State::kProblem, check_, std::move(what), std::move(why), std::move(fix)});
  }
  void unknown(std::string what, std::string why) {
    findings_.push_back({Finding::State::kUnknown, check_, std::move(what), std::move(why), ""});
  }
  // Whether the server has denied one of these commands. If so, `what` is unknown.
  [[nodiscard]] bool denied(const char* what, std::initializer_list<const char*> commands);
  // `name`, a setting of the server, has to be `wanted`. `value`: what it is; empty: not known, because of `reason`.
  void expect(const std::string& name, const std::string& value, const char* wanted, const char* reason,
              std::string why, std::string fix);
  [[nodiscard]] std::string info(const char* name) const { return value_in(info_, name); }
  [[nodiscard]] std::string config(const char* name) const { return value_in(config_, name); }
  [[nodiscard]] std::string in_lanes() const {
    return lanes_.size() == 1 ? "" : ", in " + std::to_string(lanes_.size()) + " lanes";
  }

  static constexpr const char* kNoConfig = "the server denies CONFIG GET";
  static constexpr const char* kNoInfo = "the server does not say in INFO";
  // Besides the data, the server needs memory for the copy-on-write of a rewrite and for buffers.
  static constexpr double kFullPart = 0.8;

  Client& client_;
  const std::vector<settings::Settings>& lanes_;
  const settings::Settings& settings_;  // of the first lane, for the checks of the server
  Questions questions_;
  Questions::Fields info_, config_;
  std::optional<uint64_t> now_ms_;
  const char* check_ = "";
  std::vector<Finding> findings_;
  std::string failure_;
};

}  // namespace orderd::tools
