// Shared by the sub-commands: the command line fills a Program, then main() runs its action.
#pragma once

#include <any>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "settings/load.h"

namespace orderd::tools {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 2;
inline constexpr int kViolation = 3;

// Input of an action.
struct Context {
  // Of the lanes that the command is for: all, or the one of --lane. Never empty.
  std::vector<settings::Settings> lanes;
  settings::Settings settings;  // of the first of these lanes; the only one, except with LaneUse::kAll
  settings::Settings whole;     // as loaded: names still contain <lane>
  bool json = false;

  [[nodiscard]] bool several() const { return lanes.size() > 1; }
  // The index in `lanes` of the one that an SKU belongs to; with a single lane, always 0.
  [[nodiscard]] std::size_t lane_of(std::string_view sku) const {
    return several() ? order::jump_hash(order::fnv1a(sku), static_cast<uint32_t>(lanes.size())) : 0;
  }
};

// Returns the exit status. A failure is one sentence for a person, and status 1.
using Action = std::function<Result<int>(const Context&)>;

// Which lanes a sub-command can be for.
enum class LaneUse {
  kOne,   // where there are several, --lane has to choose
  kAll,   // all of them, or the one of --lane
  kNone,  // it has nothing to do with lanes
};

struct Program {
  settings::Sources sources;
  bool json = false;
  std::string lane;  // --lane; empty: it was not given
  LaneUse lanes = LaneUse::kOne;
  Action action;  // of the sub-command that was given

  // A T that lives as long as the program: what the options of a sub-command are parsed into.
  template <class T>
  [[nodiscard]] T& keep() {
    return std::any_cast<T&>(kept.emplace_back(T{}));
  }
  std::deque<std::any> kept;
};

}  // namespace orderd::tools
