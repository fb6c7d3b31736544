// Which requests have no result yet. A result may be read before the answer to its own XADD, which tells the request's
// id: it is kept until it is known whose it is. 100 bytes for each request that waits.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "shared/entry.h"

namespace orderd::replay {

struct Waiting {
  uint64_t due_ns = 0;
};

// A result that was kept. Its entry() is a view of it.
struct EarlyResult {
  std::string id;
  std::vector<std::pair<std::string, std::string>> fields;
  uint64_t seen_ns = 0;
  [[nodiscard]] tools::Entry entry() const;
};

class Awaiting {
 public:
  // A request was appended under this id. Where its result has come before, here it is.
  [[nodiscard]] std::optional<EarlyResult> add(tools::StreamId request, Waiting waiting);
  // A result has come. Nothing: it is none of ours, was answered before, or is kept until add().
  [[nodiscard]] std::optional<Waiting> answer(tools::StreamId request, const tools::Entry& result, uint64_t seen_ns);
  // No request will be added any more with an id up to this one: kept results of these are of strangers.
  void forget_early(tools::StreamId up_to);
  [[nodiscard]] std::size_t size() const { return open_.size(); }
  // The least id of all that wait; only where size() is not 0. Looks at all of them.
  [[nodiscard]] tools::StreamId oldest() const;

 private:
  // Of a stranger who pushes while none of our answers comes.
  static constexpr std::size_t kMaxEarly = 100'000;

  std::unordered_map<tools::StreamId, Waiting, tools::StreamIdHash> open_;
  std::map<tools::StreamId, EarlyResult> early_;
};

}  // namespace orderd::replay
