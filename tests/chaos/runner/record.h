// The producers' record: each request and what its producer knows about it. It shares nothing with the daemon; the
// judge compares it with the streams at the end.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace orderd::chaos {

// A stream entry ID.
struct EntryId {
  uint64_t ms = 0;
  uint64_t sequence = 0;
  auto operator<=>(const EntryId&) const = default;  // NOLINT(modernize-use-nullptr): not in what is written here
  [[nodiscard]] std::string text() const { return std::to_string(ms) + "-" + std::to_string(sequence); }
  // 0-0 if `text` is not an ID.
  [[nodiscard]] static EntryId of(std::string_view text);
  // The smallest ID above this one.
  [[nodiscard]] EntryId next() const { return sequence == UINT64_MAX ? EntryId{ms + 1, 0} : EntryId{ms, sequence + 1}; }
};

// From `first` to `last`; empty if `last` is smaller.
struct IdRange {
  EntryId first, last;
  [[nodiscard]] bool has(EntryId id) const { return first <= id && id <= last; }
};

// The orders stream was absent and restored.
struct Absence {
  std::set<EntryId> waiting;  // unsettled when it disappeared
  IdRange meanwhile;          // pushed in between; lost at the restore
};

// One request as its producer intends it.
struct Order {
  std::string id;  // empty if the request is malformed and has no readable ID
  std::string customer;
  std::string reply_to;  // empty: no reply requested
  std::vector<std::pair<std::string, uint64_t>> lines;
  bool malformed = false;                                  // must be rejected as malformed
  std::vector<std::pair<std::string, std::string>> entry;  // the fields to push

  // Customer and lines, the lines summed and sorted: equal for orders that mean the same.
  [[nodiscard]] std::string content() const;
};

// As in Jepsen: the server replied with an ID; it replied with an error; unknown.
enum class Outcome { kOk, kFail, kUnknown };

struct Attempt {
  std::string order;
  std::string content;  // empty if malformed
  bool malformed = false;
  Outcome outcome = Outcome::kUnknown;
  EntryId entry;  // only where kOk
};

// Thread-safe.
class Record {
 public:
  void add(const Order& order, Outcome outcome, EntryId entry = {});
  // A fault deleted these entries before they had a result. A daemon may have read them: they have one result or none.
  void deleted(const std::vector<EntryId>& entries);
  // Of these, no daemon can have read these: they have no result.
  void never_read(const std::vector<EntryId>& entries);
  // A fault removed these IDs from the orders stream, settled or not.
  void discarded(IdRange range);
  // The requests that were unsettled then have one result; or none, if requests pushed meanwhile overtook them.
  void absent(Absence absence);
  // The stream was recreated with smaller IDs, starting with this one: the order of requests restarts there.
  void recreated(EntryId first);
  // A foreign value was written to the key of this order's record: it may be answered with bad_record; with `certain`
  // it must be.
  void foreign_record(const std::string& order, bool certain);
  // The server lost a tail of what it had acknowledged: what was written up to `boundary` may be gone, the newest
  // first; all of it if `everything` is true.
  struct DataLoss {
    EntryId boundary;
    bool everything = false;
    std::string what;
  };
  void data_loss(DataLoss data_loss);

  // The whole record, for the judge.
  struct Contents {
    std::vector<Attempt> attempts;
    std::set<EntryId> deleted;
    std::set<EntryId> never_read;  // all of them among `deleted`
    std::vector<IdRange> discarded;
    std::vector<Absence> absences;
    std::set<EntryId> recreated;
    std::map<std::string, bool> foreign_records;  // `certain` by order
    std::vector<DataLoss> data_losses;
  };
  [[nodiscard]] Contents contents() const;

 private:
  mutable std::mutex mutex_;
  Contents contents_;
};

}  // namespace orderd::chaos
