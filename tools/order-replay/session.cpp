// What has ended is not destroyed on its own stack but at the next connect(), which runs from a timer.
#include "order-replay/session.h"

#include <utility>

#include "base/check.h"

namespace orderd::replay {

using valkey::Error;
using valkey::ErrorKind;

// The longest wait before the next attempt: somebody watches, and a primary that is another one now is found soon.
constexpr Milliseconds kLongestWait{250};
// A server that owes a reply and sends nothing for so long may be frozen or cut off.
constexpr Milliseconds kSilence{500};
constexpr Milliseconds kLookEvery{250};

Session::Session(Loop& loop, valkey::Topology& topology, valkey::Handshake handshake, Milliseconds blocking,
                 uint32_t seed, Session::Listener& listener)
    : loop_(loop),
      topology_(topology),
      handshake_(std::move(handshake)),
      blocking_(blocking),
      listener_(listener),
      backoff_(seed),
      retry_(loop, [this] { connect(); }),
      look_(loop, [this] { look(); }) {
  handshake_.primary_moves = topology.moves();
  handshake_.reply_timeout += blocking;
}

void Session::start() {
  ORDERD_CHECK(phase_ == Phase::kIdle, "a session is started once");
  watch_ = topology_.watch([this](const valkey::Endpoint& primary) { on_elsewhere(primary); });
  if (topology_.moves()) look_.start(kLookEvery);
  connect();
}

void Session::stop() {
  if (phase_ == Phase::kStopped) return;
  phase_ = Phase::kStopped;
  retry_.stop();
  look_.stop();
  if (connector_) connector_->cancel();
  if (connection_) connection_->close({ErrorKind::kLost, "stopped"});
}

void Session::connect() {
  phase_ = Phase::kConnecting;
  attempt_ms_ = loop_.now_ms();
  leaving_.reset();
  connection_.reset();
  connector_.reset(new valkey::Connector(loop_, handshake_, *this));  // not make_unique: the base is private
  server_.reset();
  search_.reset();
  search_ = topology_.locate([this](const Result<valkey::Endpoint>& found) {
    if (phase_ != Phase::kConnecting) return;
    if (!found) return lost({ErrorKind::kLost, found.error()});
    server_ = *found;
    connector_->start(*found);
  });
}

void Session::on_connected(valkey::Ready ready) {
  connection_ = std::move(ready.connection);
  connection_->set_listener(*this);
  phase_ = Phase::kUp;
  listener_.on_up();
}

void Session::on_closed(const Error& error) {
  const std::string server = server_->redacted();
  if (is_elsewhere(error.kind)) return lost({error.kind, "left " + server + ": " + error.what});
  lost({error.kind, "lost the connection to " + server + ": " + error.what});
}

void Session::on_elsewhere(const valkey::Endpoint& primary) {
  hurry();
  if (!server_ || server_->same_address(primary)) return;
  const Error moved{ErrorKind::kMoved, "the primary is " + primary.redacted() + " now"};
  leave(moved);
  if (phase_ != Phase::kConnecting) return;
  connector_->cancel();
  lost(moved);
}

void Session::leave(const Error& why) {
  if (!up()) return;
  attempt_ms_ = loop_.now_ms();
  leaving_ = why;
  if (blocking_ > Milliseconds(0) || connection_->in_flight() == 0) connection_->close(why);
}

void Session::look() {
  look_.start(kLookEvery);
  const bool long_ago = Milliseconds(loop_.now_ms() - attempt_ms_) >= kSilence;
  const bool silent =
      phase_ == Phase::kUp ? connection_->silence() >= kSilence + blocking_ : phase_ == Phase::kConnecting && long_ago;
  if (!silent) return;
  if (!leaving_) return suspect();
  if (long_ago) connection_->close(*leaving_);
}

void Session::lost(const Error& error) {
  if (phase_ == Phase::kStopped) return;
  phase_ = Phase::kWaiting;
  // Once without a wait: two servers may each name the other one.
  const bool at_once = is_elsewhere(error.kind) && !std::exchange(hurried_, true);
  retry_.start(at_once ? Milliseconds(0) : backoff_.next(kLongestWait));
  if (server_) topology_.report(*server_, error);
  listener_.on_down(error);  // order matters: it may stop the session
}

}  // namespace orderd::replay
