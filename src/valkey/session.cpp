// What has ended is not destroyed on its own stack but at the next connect(), which runs from a timer.
#include "valkey/session.h"

#include <utility>

namespace orderd::valkey {

Session::Session(Loop& loop, Topology& topology, Handshake handshake, uint32_t seed, Session::Listener& listener)
    : loop_(loop),
      topology_(topology),
      handshake_(std::move(handshake)),
      listener_(listener),
      backoff_(seed),
      retry_(loop, [this] { connect(); }) {
}

Session::~Session() {
  stop();
}

void Session::start() {
  ORDERD_CHECK(phase_ == Phase::kIdle, "a session is started once");
  connect();
}

void Session::stop() {
  if (phase_ == Phase::kStopped) return;
  // In this phase the connector is never on the stack.
  if (phase_ == Phase::kConnecting) connector_.reset();
  phase_ = Phase::kStopped;
  retry_.stop();
  if (connection_) connection_->close({ErrorKind::kLost, "stopped"});
}

bool Session::send(Call& call, const Command& command) {
  return phase_ == Phase::kUp && connection_->send(call, command);
}

void Session::drop(const Error& why) {
  if (connection_) connection_->close(why);
}

void Session::connect() {
  phase_ = Phase::kConnecting;
  connection_.reset();
  connector_.reset(new Connector(loop_, handshake_, *this));  // not make_unique: the base is private
  topology_.locate([this](const Result<Endpoint>& found) {
    if (phase_ != Phase::kConnecting) return;
    if (!found) return lost({ErrorKind::kLost, found.error()});
    where_ = found->redacted();
    connector_->start(*found);
  });
}

void Session::on_connected(Ready ready) {
  connection_ = std::move(ready.connection);
  connection_->set_listener(*this);
  if (phase_ == Phase::kStopped) return connection_->close({ErrorKind::kLost, "stopped"});
  script_ids_ = std::move(ready.script_ids);
  phase_ = Phase::kUp;
  listener_.on_up(*this);
}

void Session::on_connect_failed(const Error& error) {
  lost(error);
}

void Session::on_closed(const Error& error) {
  if (error.kind != ErrorKind::kLost) return lost(error);  // dropped; the reason says what is wrong
  lost({error.kind, "lost the connection to " + where_ + ": " + error.what});
}

void Session::lost(const Error& error) {
  if (phase_ == Phase::kStopped) return;
  phase_ = Phase::kWaiting;
  // order matters: the listener may stop the session.
  retry_.start(backoff_.next());
  listener_.on_down(*this, error);
}

}  // namespace orderd::valkey
