// Reading from the server: a connection with several outstanding commands, and a cursor over the entries of a stream.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/rules.h"
#include "base/result.h"
#include "valkey/sync_client.h"

namespace orderd::audit {

// The first failure sticks: from then on replies are lost() and cursors are at their end. So whatever reads needs to
// check for a failure only once, when it is done.
class Link {
 public:
  // Turns an error reply into a message.
  using Explain = std::function<std::string(std::string_view)>;
  // Each command has a ticket, and replies are taken in any order.
  using Ticket = uint64_t;
  // `client`: authenticated, and not used by others while this exists.
  Link(valkey::SyncClient& client, Explain explain) : client_(client), explain_(std::move(explain)) {}
  // Leaves no reply unread.
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // Sends the command at once, so that the server works on it while the caller does something else.
  [[nodiscard]] Ticket send(const valkey::Command& command);
  // Each ticket is received once. The reply may be an error.
  [[nodiscard]] valkey::OwnedReply receive(Ticket ticket);
  [[nodiscard]] valkey::OwnedReply ask(const valkey::Command& command) { return receive(send(command)); }
  // An array with the replies to `commands`, executed in one MULTI and EXEC. Its elements may be errors.
  [[nodiscard]] valkey::OwnedReply ask_at_once(const std::vector<valkey::Command>& commands);
  // How many replies were received so far.
  [[nodiscard]] uint64_t received() const { return received_; }

  [[nodiscard]] const std::optional<Failure>& failure() const { return failure_; }
  // Whether it may not happen again if everything is read again.
  [[nodiscard]] bool fails_for_now() const { return for_now_; }
  void fail(std::string what, bool for_now = false) {
    for_now_ = failure_ ? for_now_ : for_now;
    if (!failure_) failure_ = Failure{std::move(what)};
  }
  // True for an error reply, which becomes the failure.
  bool fails(const valkey::Reply& reply) {
    if (reply.is_error()) fail(explain_(reply.text()));
    return reply.is_error();
  }

 private:
  valkey::SyncClient& client_;
  const Explain explain_;
  std::optional<Failure> failure_;
  bool for_now_ = false;
  Ticket sent_ = 0;
  Ticket received_ = 0;
  std::map<Ticket, valkey::OwnedReply> early_;  // arrived before they were requested
};

struct RawEntry {
  Id id;
  std::vector<std::string_view> fields;  // alternating names and values; views into the reply
};

// Requests the next page before returning the current one, so that the server and the audit work at the same time.
class Cursor {
 public:
  // From `first` to `last`, inclusive. `link` must outlive this. `whole`: if entries after the first page were trimmed
  // before they were read, that is a failure for now.
  Cursor(Link& link, std::string stream, Id first, Id last, bool whole = false);

  // The next entry, valid until the one after it is read; null at the end.
  [[nodiscard]] const RawEntry* peek();
  void pop() {
    ready_ = false;
    ++popped_;
  }
  [[nodiscard]] uint64_t popped() const { return popped_; }

 private:
  void request(Id from);
  [[nodiscard]] bool turn_page();

  Link& link_;
  const std::string stream_;
  const std::string last_;
  const bool whole_;
  std::size_t count_;  // entries of the next page
  std::optional<Link::Ticket> next_page_;
  Id repeated_;  // the last entry read, with which the next page of a whole stream begins
  valkey::OwnedReply page_{nullptr};
  std::size_t at_ = 0;
  bool ready_ = false;  // entry_ is filled
  uint64_t popped_ = 0;
  RawEntry entry_;
};

}  // namespace orderd::audit
