// A hash table: the IDs of several producers are in no order.
#include "order-replay/awaiting.h"

#include <algorithm>

namespace orderd::replay {

using tools::StreamId;

tools::Entry EarlyResult::entry() const {
  tools::Entry view{.id = id, .fields = {}};
  for (const auto& [name, value] : fields) view.fields.emplace_back(name, value);
  return view;
}

std::optional<EarlyResult> Awaiting::add(StreamId request, Waiting waiting) {
  const auto found = early_.find(request);
  if (found == early_.end()) {
    open_.emplace(request, waiting);
    return std::nullopt;
  }
  EarlyResult result = std::move(found->second);
  early_.erase(found);
  return result;
}

std::optional<Waiting> Awaiting::answer(StreamId request, const tools::Entry& result, uint64_t seen_ns) {
  const auto found = open_.find(request);
  if (found != open_.end()) {
    const Waiting waiting = found->second;
    open_.erase(found);
    return waiting;
  }
  EarlyResult early{.id = std::string(result.id), .fields = {}, .seen_ns = seen_ns};
  for (const auto& [name, value] : result.fields) early.fields.emplace_back(name, value);
  early_.emplace(request, std::move(early));
  if (early_.size() > kMaxEarly) early_.erase(early_.begin());
  return std::nullopt;
}

void Awaiting::forget_early(StreamId up_to) {
  early_.erase(early_.begin(), early_.upper_bound(up_to));
}

StreamId Awaiting::oldest() const {
  const auto less = [](const auto& a, const auto& b) { return a.first < b.first; };
  return std::min_element(open_.begin(), open_.end(), less)->first;
}

}  // namespace orderd::replay
