// Iterates over the entries of a stream. Requests the next page before returning the current one, so that the server
// and the audit work at the same time.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/id.h"
#include "audit/link.h"

namespace orderd::audit {

struct RawEntry {
  Id id;
  std::vector<std::string_view> fields;  // alternating names and values; views into the reply
};
// Fills `entry` from one element of an XRANGE reply. False if it is not an entry.
[[nodiscard]] bool read_entry(const valkey::Reply& reply, RawEntry& entry);

class Cursor {
 public:
  // From `first` to `last`, inclusive. `link` must outlive this.
  Cursor(Link& link, std::string stream, Id first, Id last);
  ~Cursor();
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;

  // The next entry, valid until pop(); null at the end.
  [[nodiscard]] Result<const RawEntry*> peek();
  void pop() {
    ready_ = false;
    ++popped_;
  }
  [[nodiscard]] uint64_t popped() const { return popped_; }

  // Calls `take` for each entry, or each before `until`, and pops it. Stops when `take` fails.
  template <class Take>
  [[nodiscard]] Result<bool> each(const Take& take, std::optional<Id> until = std::nullopt) {
    for (;; pop()) {
      const auto next = peek();
      if (!next) return next.failure();
      if (*next == nullptr || (until && (*next)->id >= *until)) return true;
      Result<bool> good = take(**next);
      if (!good) return good;
    }
  }

 private:
  void request(Id from);
  [[nodiscard]] Result<bool> turn_page();

  Link& link_;
  const std::string stream_;
  const std::string last_;
  uint64_t count_;
  std::optional<Link::Ticket> next_page_;
  std::optional<valkey::OwnedReply> page_;
  std::size_t at_ = 0;
  bool ready_ = false;  // entry_ is filled
  uint64_t popped_ = 0;
  RawEntry entry_;
};

}  // namespace orderd::audit
