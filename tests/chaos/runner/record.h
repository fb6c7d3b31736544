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
};

// One request as its producer means it.
struct Order {
  std::string id;  // empty where the request is so malformed that nobody can read one
  std::string customer;
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
  // These entries were deleted by a fault while they were not settled yet, as far as anybody can know: they may have a
  // result or none.
  void deleted(const std::vector<std::string>& entries);
  // The same, but they are in the stream again since, and others were settled meanwhile: the audit has to name those
  // that have no result. If they are settled after all, the order of requests begins again there, once.
  void passed_over(const std::vector<std::string>& entries);
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
    std::set<EntryId> deleted;                   // those passed over among them
    std::vector<std::set<EntryId>> passed_over;  // one set for each fault
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
