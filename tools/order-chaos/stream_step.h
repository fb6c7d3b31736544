// A change to the orders stream in one atomic step, so that it is known exactly what was unsettled, what was pushed and
// what was removed.
#pragma once

#include "order-chaos/trial.h"

namespace orderd::chaos {

struct StreamStep {
  std::vector<StreamId> pushed;
  std::vector<StreamId> waiting;  // unsettled before the change, including the pushed ones
  std::vector<StreamId> left;     // unsettled after it
  StreamId first, last;           // before the change: the first entry and last-generated-id; 0-0 if there is no stream
  StreamId left_last;             // last-generated-id after it
  std::string copy;               // the Lua variable `copy` after `change`
};

// What the change does to the stream.
enum class Stream {
  kStays,
  kReplaced,  // a new or an older stream; not within the millisecond of its last entry, whose ID would be given again
};

// Pushes `orders`, which also go into the record, then runs the Lua text `change`, which may use what Trial::run()
// offers. Throws std::runtime_error.
[[nodiscard]] StreamStep stream_step(Trial& trial, Stream stream, const std::vector<Order>& orders,
                                     const std::string& change, const Words& arguments = {});

// Records that waiting entries were deleted for good, and that IDs above the last one left belong to removed entries.
void record_deleted(Trial& trial, const StreamStep& step);

// From 1 to 20, for stream_step().
[[nodiscard]] std::vector<Order> some_orders(Trial& trial);

}  // namespace orderd::chaos
