// What has ended is not destroyed on its own stack but at the next connect(), which runs from a timer.
#include "replay/session.h"

#include <utility>

#include "base/check.h"

namespace orderd::replay {

using valkey::Error;
using valkey::ErrorKind;

Session::Session(Loop& loop, valkey::Topology& topology, valkey::Handshake handshake, uint32_t seed,
                 Session::Listener& listener)
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
  phase_ = Phase::kStopped;
  retry_.stop();
  if (connector_) connector_->cancel();
  if (connection_) connection_->close({ErrorKind::kLost, "stopped"});
}

bool Session::send(valkey::Call& call, const valkey::Command& command) {
  return phase_ == Phase::kUp && connection_->send(call, command);
}

void Session::connect() {
  phase_ = Phase::kConnecting;
  connection_.reset();
  connector_.reset(new valkey::Connector(loop_, handshake_, *this));  // not make_unique: the base is private
  search_.reset();
  search_ = topology_.locate([this](const Result<valkey::Endpoint>& found) { on_located(found); });
}

void Session::on_located(const Result<valkey::Endpoint>& found) {
  if (phase_ != Phase::kConnecting) return;
  if (!found) return lost({ErrorKind::kLost, found.error()});
  where_ = found->redacted();
  connector_->start(*found);
}

void Session::on_connected(valkey::Ready ready) {
  connection_ = std::move(ready.connection);
  connection_->set_listener(*this);
  phase_ = Phase::kUp;
  listener_.on_up();
}

void Session::on_connect_failed(const Error& error) {
  lost(error);
}

void Session::on_closed(const Error& error) {
  lost({error.kind, "lost the connection to " + where_ + ": " + error.what});
}

void Session::lost(const Error& error) {
  if (phase_ == Phase::kStopped) return;
  phase_ = Phase::kWaiting;
  retry_.start(backoff_.next());  // order matters: the listener may stop the session
  listener_.on_down(error);
}

}  // namespace orderd::replay
