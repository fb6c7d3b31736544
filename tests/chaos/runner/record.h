// The producers' own record: what was asked, and what the producer knows of it. It shares nothing with the daemon: the
// judge holds it against the streams at the end.
#pragma once

#include <compare>
#include <cstdint>
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
  // These entries were deleted by a fault: they may have a result or none.
  void excuse(const std::vector<std::string>& entries);
  // The group was set past these: they may have a result or none, and the audit has to name those that have none.
  void pass_over(const std::vector<std::string>& entries);
  // From here on the server has forgotten a tail of what it had acknowledged: what was written up to `boundary` may be
  // gone, the youngest first; all of it where `everything` is true.
  struct Disaster {
    EntryId boundary;
    bool everything = false;
    std::string what;
  };
  void disaster(Disaster disaster);

  [[nodiscard]] std::vector<Attempt> attempts() const;
  // Those passed over among them.
  [[nodiscard]] std::set<EntryId> excused() const;
  [[nodiscard]] std::set<EntryId> passed_over() const;
  [[nodiscard]] std::vector<Disaster> disasters() const;
  [[nodiscard]] std::size_t size() const;

 private:
  mutable std::mutex mutex_;
  std::vector<Attempt> attempts_;
  std::set<EntryId> excused_;
  std::set<EntryId> passed_over_;
  std::vector<Disaster> disasters_;
};

}  // namespace orderd::chaos
