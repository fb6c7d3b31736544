// A change to the orders stream in one step of the server, so that it is known exactly what waited in it, what was
// pushed and what is gone.
#pragma once

#include <string>
#include <vector>

#include "chaos/runner/trial.h"

namespace orderd::chaos {

struct StreamStep {
  std::vector<EntryId> pushed;
  std::vector<EntryId> waiting;  // not settled before the change, the pushed ones among them
  std::vector<EntryId> left;     // not settled after it
  EntryId first, last;  // before the change: the first entry, and the last ID ever given; 0-0 where there is no stream
  EntryId left_last;    // after it: the last ID ever given
  std::string copy;     // what `change` has put into the variable of this name

  // Waited before the change, and does not after it.
  [[nodiscard]] std::vector<EntryId> gone() const;
};

// What becomes of the stream by the change.
enum class Stream {
  kStays,
  kReplaced,  // a new one begins after it, or an older one is back: never in the millisecond of its last entry, whose
              // ID would be given again
};

// Pushes `orders`, into the record too, then runs the Lua text `change`, which may use what Trial::run() offers. Throws
// std::runtime_error.
[[nodiscard]] StreamStep stream_step(Trial& trial, Stream stream, const std::vector<Order>& orders,
                                     const std::string& change, const std::vector<std::string>& arguments = {});

// For the record: what waited is deleted for good, and IDs above the last one that is left are those of entries that
// are gone.
void record_deleted(Trial& trial, const StreamStep& step);

// From 1 to 20, for stream_step().
[[nodiscard]] std::vector<Order> some_orders(Trial& trial);

}  // namespace orderd::chaos
