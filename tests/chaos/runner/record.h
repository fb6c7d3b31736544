// The producers' own record: what was asked, and what the producer knows of it. It shares nothing with the daemon: the
// judge holds it against the streams at the end.
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

// The id of a stream's entry.
struct EntryId {
  uint64_t ms = 0;
  uint64_t sequence = 0;
  auto operator<=>(const EntryId&) const = default;  // NOLINT(modernize-use-nullptr): not in what is written here
  [[nodiscard]] std::string text() const { return std::to_string(ms) + "-" + std::to_string(sequence); }
  // 0-0 where `text` is none.
  [[nodiscard]] static EntryId of(std::string_view text);
  // The smallest ID above this one.
  [[nodiscard]] EntryId next() const { return sequence == UINT64_MAX ? EntryId{ms + 1, 0} : EntryId{ms, sequence + 1}; }
};

// From `first` to `last`; empty where that is smaller.
struct IdRange {
  EntryId first, last;
  [[nodiscard]] bool has(EntryId id) const { return first <= id && id <= last; }
};

// The orders stream was taken away and brought back.
struct Absence {
  std::set<EntryId> waiting;  // in it, and not settled when it was taken away
  IdRange meanwhile;          // what was pushed in between, which is gone since
};

// One request as its producer means it.
struct Order {
  std::string id;  // empty where the request is so malformed that nobody can read one
  std::string customer;
  std::string reply_to;  // empty: nobody waits for the result
  std::vector<std::pair<std::string, uint64_t>> lines;
  bool malformed = false;                                  // it has to be rejected as such
  std::vector<std::pair<std::string, std::string>> entry;  // the fields that are pushed

  // Customer and lines, the lines summed and sorted: equal for orders that mean the same.
  [[nodiscard]] std::string content() const;
};

// Jepsen's three: the server has answered with an id; it has answered with an error; nobody knows.
enum class Outcome { kOk, kFail, kUnknown };

struct Attempt {
  std::string order;
  std::string content;  // empty where malformed
  bool malformed = false;
  Outcome outcome = Outcome::kUnknown;
  EntryId entry;  // only where kOk
};

// Safe to use from any thread.
class Record {
 public:
  void add(const Order& order, Outcome outcome, EntryId entry = {});
  // These entries were deleted by a fault before they had a result. A daemon may have read them: they have one or none.
  void deleted(const std::vector<EntryId>& entries);
  // Of these, no daemon can have read these: they have no result.
  void never_read(const std::vector<EntryId>& entries);
  // A fault took these IDs from the orders stream, settled or not.
  void discarded(IdRange range);
  // What waited then has one result or, where requests that were pushed meanwhile have overtaken it, one or none.
  void absent(Absence absence);
  // The stream was recreated with smaller IDs, and this is the first of them: the order of requests begins again there.
  void recreated(EntryId first);
  // Something foreign was put where this order's record goes: it may be answered with bad_record; with `certain` it has
  // to be.
  void foreign_record(const std::string& order, bool certain);
  // From here on the server has lost a tail of what it had acknowledged: what was written up to `boundary` may be
  // gone, the youngest first; all of it where `everything` is true.
  struct DataLoss {
    EntryId boundary;
    bool everything = false;
    std::string what;
  };
  void data_loss(DataLoss data_loss);

  // All of it, for the judge.
  struct Contents {
    std::vector<Attempt> attempts;
    std::set<EntryId> deleted;
    std::set<EntryId> never_read;  // all of them among `deleted`
    std::vector<IdRange> discarded;
    std::vector<Absence> absences;
    std::set<EntryId> recreated;
    std::map<std::string, bool> foreign_records;  // by order: certain?
    std::vector<DataLoss> data_losses;
  };
  [[nodiscard]] Contents contents() const;

 private:
  mutable std::mutex mutex_;
  Contents contents_;
};

}  // namespace orderd::chaos
