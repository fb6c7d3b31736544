// One flag: whether callbacks are still allowed.
#include "valkey/line.h"

#include <utility>

namespace orderd::valkey {

Line::Line(Loop& loop, const Endpoint& server, const std::string& name, Milliseconds patience, Events events)
    : server_(server),
      events_(std::move(events)),
      connector_(loop,
                 {.name = name, .scripts = {}, .brief = true, .connect_timeout = patience, .reply_timeout = patience},
                 *this) {
  asked_.owner = heard_.owner = this;
  asked_.done = [](Call& call, const Reply& reply) {
    Line& line = *static_cast<LineCall&>(call).owner;
    if (!reply.lost() && !line.over_) line.events_.answered(reply);
  };
  heard_.done = [](Call& call, const Reply& reply) { static_cast<LineCall&>(call).owner->on_heard(reply); };
}

Line::~Line() {
  over_ = true;
}

void Line::stop() {
  over_ = true;
  connector_.cancel();
  if (connection_) connection_->close({ErrorKind::kLost, "no longer needed"});
}

void Line::on_connected(Ready ready) {
  connection_ = std::move(ready.connection);
  connection_->set_listener(*this);
  events_.open();
}

void Line::on_heard(const Reply& reply) {
  if (!reply.lost() && !over_ && reply.at(0).text() == "message") events_.message(reply.at(2).text());
}

void Line::end(const Error& why) {
  if (std::exchange(over_, true)) return;
  const std::string who = server_.redacted();
  events_.ended({why.kind, why.what.find(who) == std::string::npos ? who + ": " + why.what : why.what});
}

}  // namespace orderd::valkey
