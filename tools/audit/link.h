// A connection with several outstanding commands: each has a ticket, and replies are taken in any order.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "valkey/sync_client.h"

namespace orderd::audit {

class Link {
 public:
  // Turns an error reply into a message.
  using Explain = std::function<std::string(std::string_view)>;
  using Ticket = uint64_t;
  // `client`: authenticated, and not used by others while this exists.
  Link(valkey::SyncClient& client, Explain explain) : client_(client), explain_(std::move(explain)) {}
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // Sends the command at once, so that the server works on it while the caller does something else.
  [[nodiscard]] Ticket send(const valkey::Command& command);
  // Each ticket is received or dropped once. An error reply is a Failure.
  [[nodiscard]] Result<valkey::OwnedReply> receive(Ticket ticket);
  void drop(Ticket ticket) {
    if (early_.erase(ticket) == 0) dropped_.insert(ticket);
  }

  [[nodiscard]] Result<valkey::OwnedReply> ask(const valkey::Command& command) { return receive(send(command)); }
  // An array with the replies to `commands`, executed in one MULTI and EXEC. Its elements may be errors.
  [[nodiscard]] Result<valkey::OwnedReply> ask_at_once(const std::vector<valkey::Command>& commands);
  // How many replies were received so far.
  [[nodiscard]] uint64_t received() const { return received_; }
  [[nodiscard]] std::string explain(std::string_view error) const { return explain_(error); }

 private:
  valkey::SyncClient& client_;
  const Explain explain_;
  Ticket sent_ = 0;
  Ticket received_ = 0;
  std::map<Ticket, valkey::OwnedReply> early_;  // arrived before they were requested
  std::set<Ticket> dropped_;
};

}  // namespace orderd::audit
