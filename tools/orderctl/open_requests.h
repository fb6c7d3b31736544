// The requests that were pushed and have no result yet: 24 bytes for each, from the oldest one on.
#pragma once

#include <algorithm>
#include <deque>

#include "shared/entry.h"

namespace orderd::tools {

class OpenRequests {
 public:
  // IDs have to increase.
  void add(StreamId id) {
    requests_.push_back({id, false});
    ++open_;
  }
  // False: not one of ours, or answered before.
  bool answer(StreamId id) {
    const auto found =
        std::lower_bound(requests_.begin(), requests_.end(), id,
                         [](const Request& request, const StreamId& sought) { return request.id < sought; });
    if (found == requests_.end() || found->id != id || found->answered) return false;
    found->answered = true;
    --open_;
    while (!requests_.empty() && requests_.front().answered) requests_.pop_front();
    return true;
  }
  [[nodiscard]] std::size_t size() const { return open_; }
  // Only while size() is not 0.
  [[nodiscard]] StreamId oldest() const { return requests_.front().id; }

 private:
  struct Request {
    StreamId id;
    bool answered;
  };
  std::deque<Request> requests_;
  std::size_t open_ = 0;
};

}  // namespace orderd::tools
