// The producers' record: each request and what its producer knows about it; and what the faults have done that excuses
// something. It shares nothing with the daemon; the judge compares it with the streams at the end.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "support/id_of.h"
#include "support/valkey_helpers.h"

namespace orderd::chaos {

using test::id_of;
using Words = std::vector<std::string>;
using Stock = std::vector<std::pair<std::string, uint64_t>>;  // by SKU

// The smallest ID above this one.
[[nodiscard]] inline StreamId next_id(StreamId id) {
  return id.sequence == UINT64_MAX ? StreamId{id.ms + 1, 0} : StreamId{id.ms, id.sequence + 1};
}

// From `first` to `last`; empty if `last` is smaller.
struct IdRange {
  StreamId first, last;
  [[nodiscard]] bool has(StreamId id) const { return first <= id && id <= last; }
};

// The orders stream was absent and restored. The requests that were unsettled then have one result; or none, if
// requests pushed meanwhile overtook them.
struct Absence {
  std::set<StreamId> waiting;  // unsettled when it disappeared
  IdRange meanwhile;           // pushed in between; lost at the restore
};

// The server lost a tail of what it had acknowledged: what was written up to `boundary` may be gone, the newest first;
// all of it if `everything` is true.
struct DataLoss {
  StreamId boundary;
  bool everything = false;
  std::string what;
};

// One request as its producer intends it.
struct Order {
  std::string id;  // empty if the request is malformed and has no readable ID
  std::string customer = {};
  std::string reply_to = {};  // empty: no reply requested
  std::vector<std::pair<std::string, uint64_t>> lines = {};
  bool malformed = false;   // must be rejected as malformed
  test::Fields entry = {};  // the fields to push

  // Customer and lines, the lines summed and sorted: equal for orders that mean the same.
  [[nodiscard]] std::string content() const {
    std::map<std::string, uint64_t> sums;
    for (const auto& [sku, quantity] : lines) sums[sku] += quantity;
    std::string text = customer;
    for (const auto& [sku, quantity] : sums) text += "\n" + sku + "=" + std::to_string(quantity);
    return text;
  }
};

// As in Jepsen: the server replied with an ID; it replied with an error; unknown.
enum class Outcome { kOk, kFail, kUnknown };

struct Attempt {
  std::string order;
  std::string content;  // empty if malformed
  std::string reply_to;
  bool malformed = false;
  Outcome outcome = Outcome::kUnknown;
  StreamId entry;  // only where kOk
};

struct Record {
  // Any thread may call it.
  void add(const Order& order, Outcome outcome, StreamId entry = {}) {
    Attempt attempt{order.id, order.malformed ? "" : order.content(), order.reply_to, order.malformed, outcome, entry};
    const std::lock_guard<std::mutex> guard(mutex_);
    attempts.push_back(std::move(attempt));
  }

  std::vector<Attempt> attempts;  // read them only when the producers have stopped

  // The rest is for the thread that injects the faults.
  std::set<StreamId> deleted;     // before they had a result. A daemon may have read them: they have one result or none
  std::set<StreamId> never_read;  // of the deleted ones: no daemon can have read them, so they have no result
  std::vector<IdRange> discarded;  // removed from the orders stream, settled or not
  std::vector<Absence> absences;
  // The stream was recreated with smaller IDs, starting with these: the order of requests restarts there.
  std::set<StreamId> recreated;
  // A foreign value was written to the key of this order's record: it may be answered with bad_record; with true it
  // must be.
  std::map<std::string, bool> foreign_records;
  std::map<std::string, int> foreign_stock;  // how often the stock key of this SKU held a foreign value for a while
  // The daemons' user lost rights after this result: later ones may have no reply.
  StreamId replied_until{UINT64_MAX, UINT64_MAX};
  std::vector<DataLoss> data_losses;
  bool position_moved_back = false;  // by hand: to a daemon that was active before, a takeover looks like a loss then

 private:
  std::mutex mutex_;
};

}  // namespace orderd::chaos
