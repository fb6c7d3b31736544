// The server replies in the order of the commands, so a reply's number is its ticket.
#include "audit/link.h"

namespace orderd::audit {

using valkey::Command;
using valkey::OwnedReply;

Link::Ticket Link::send(const Command& command) {
  client_.append(command);
  client_.flush();
  return ++sent_;
}

Result<OwnedReply> Link::receive(Ticket ticket) {
  while (received_ < ticket) {
    auto reply = client_.read();
    if (!reply) return reply.failure();
    ++received_;
    if (dropped_.erase(received_) == 0) early_.emplace(received_, std::move(*reply));
  }
  auto found = early_.extract(ticket);
  ORDERD_CHECK(!found.empty(), "a ticket was received twice");
  if (found.mapped()->is_error()) return Failure{explain_(found.mapped()->text())};
  return std::move(found.mapped());
}

Result<OwnedReply> Link::ask_at_once(const std::vector<Command>& commands) {
  std::vector<Ticket> tickets = {send(Command::of("MULTI"))};
  for (const Command& command : commands) tickets.push_back(send(command));
  const Ticket exec = send(Command::of("EXEC"));
  // An error here, such as a missing right, is more specific than that of EXEC.
  for (const Ticket ticket : tickets) {
    const auto queued = receive(ticket);
    if (!queued) return queued.failure();
  }
  auto done = receive(exec);
  if (done && (*done)->size() != commands.size()) return Failure{"the server did not execute what it had queued"};
  return done;
}

}  // namespace orderd::audit
