// The requests that have no result yet. A result may be read before the reply to its own XADD, which carries the
// request's ID: it is kept until that arrives. 100 bytes for each request that waits.
#pragma once

#include <algorithm>
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

// A copy of a result; entry() is a view of it.
struct ResultCopy {
  ResultCopy(const tools::Entry& result, uint64_t its_seen_ns)
      : id(result.id), fields(result.fields.begin(), result.fields.end()), seen_ns(its_seen_ns) {}
  std::string id;
  std::vector<std::pair<std::string, std::string>> fields;
  uint64_t seen_ns = 0;
  [[nodiscard]] tools::Entry entry() const { return {.id = id, .fields = {fields.begin(), fields.end()}}; }
};

class Awaiting {
 public:
  // A request was appended under this ID. Returns its result if that was read before.
  [[nodiscard]] std::optional<ResultCopy> add(StreamId request, Waiting waiting) {
    if (auto early = early_.extract(request)) return std::move(early.mapped());
    open_.emplace(request, waiting);
    return std::nullopt;
  }
  // A result was read. Nothing: not one of ours, answered before, or kept until add().
  [[nodiscard]] std::optional<Waiting> answer(StreamId request, const tools::Entry& result, uint64_t seen_ns) {
    if (const auto open = open_.extract(request)) return open.mapped();
    early_.try_emplace(request, result, seen_ns);
    if (early_.size() > kMaxEarly) early_.erase(early_.begin());
    return std::nullopt;
  }
  // The server has lost all results after this one.
  void forget_results_after(StreamId last) {
    std::erase_if(early_, [last](const auto& each) { return StreamId::parse(each.second.id) > last; });
  }
  // No more requests will be added with IDs up to this one: kept results of these belong to others.
  void forget_early(StreamId up_to) { early_.erase(early_.begin(), early_.upper_bound(up_to)); }
  [[nodiscard]] std::size_t size() const { return open_.size(); }
  // The smallest ID that waits; only while size() is not 0. Looks at all of them.
  [[nodiscard]] StreamId oldest() const {
    const auto less = [](const auto& a, const auto& b) { return a.first < b.first; };
    return std::min_element(open_.begin(), open_.end(), less)->first;
  }

 private:
  // Bounds memory when another producer is busy while our replies are late.
  static constexpr std::size_t kMaxEarly = 100'000;

  // A hash table: the IDs of several producers are in no order.
  std::unordered_map<StreamId, Waiting, tools::StreamIdHash> open_;
  std::map<StreamId, ResultCopy> early_;
};

}  // namespace orderd::replay
