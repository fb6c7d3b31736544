// Only change_phase() changes the phase, and starts what belongs to it. Only fail() goes down: it closes both channels.
// When the second one reports its end, perhaps inside its own callback, the phase becomes kWaiting. The next attempt
// destroys ended connectors, connections and shares. It runs from a timer, so none of them is on the stack.
#include "valkey/link.h"

#include <algorithm>
#include <utility>

namespace orderd::valkey {
namespace {

// The longest wait before the next attempt if the primary can change.
constexpr Milliseconds kPrimaryMoves{250};
// After this silence while a reply is due, the server may be frozen or cut off: asks whether there is a new primary.
constexpr Milliseconds kSilence{500};
constexpr Milliseconds kLookEvery{250};
// An attempt of this length, with the connection that it made, needs no back-off: an idle lane never proves a server.
constexpr Milliseconds kSteady{2 * Backoff::kLongest};

}  // namespace

// The reading channel: a connector, then its connection.
struct Link::Reading : Connector::Listener, Connection::Listener {
  explicit Reading(Link& owner) : link(owner) {}

  void on_connected(Ready now) override {
    ready = std::move(now);
    open = true;
    ready.connection->set_listener(*this);
    link.compare();
  }
  void on_connect_failed(const Error& error) override { link.fail(error); }
  void on_open() override {}
  void on_closed(const Error& error) override {
    open = false;
    link.on_channel_closed(error);
  }
  void close() {
    if (connector) connector->cancel();
    if (ready.connection) ready.connection->close({ErrorKind::kLost, "the other channel of the link ended"});
  }

  Link& link;
  std::unique_ptr<Connector> connector;
  Ready ready;
  bool open = false;  // its end was not reported yet
};

struct Link::Settling : SharedConnections::Listener {
  explicit Settling(Link& owner) : link(owner) {}

  void on_share_open() override {
    open = true;
    link.compare();
  }
  void on_share_failed(const Error& error) override { link.fail(error); }
  void on_share_closed(const Error& error) override {
    open = false;
    link.on_channel_closed(error);
  }
  void close() {
    if (share) share->leave({ErrorKind::kLost, "the other channel of the link ended"});
  }

  Link& link;
  std::unique_ptr<SharedConnections::Share> share;
  bool open = false;  // its end was not reported yet
};

Link::Link(Loop& loop, Topology& topology, SharedConnections& connections, Options options, uint32_t seed,
           Link::Listener& listener)
    : loop_(loop),
      topology_(topology),
      connections_(connections),
      options_(std::move(options)),
      listener_(listener),
      backoff_(seed),
      retry_(loop, [this] { change_phase(Phase::kLocating); }),
      deadline_(loop, [this] { on_search_timeout(); }),
      look_(loop, [this] { look(); }),
      reading_(std::make_unique<Reading>(*this)),
      settling_(std::make_unique<Settling>(*this)) {
}

Link::~Link() {
  stop();
}

void Link::start() {
  ORDERD_CHECK(phase_ == Phase::kIdle, "a link can be started only once");
  watch_ = topology_.watch([this](const Endpoint& primary) { on_elsewhere(primary); });
  change_phase(Phase::kLocating);
}

void Link::stop() {
  if (phase_ != Phase::kStopped) change_phase(Phase::kStopped);
}

bool Link::send(Channel channel, Call& call, const Command& command) {
  if (!up()) return false;
  return channel == Channel::kReading ? reading_->ready.connection->send(call, command)
                                      : settling_->share->send(call, command);
}

void Link::drop(const Error& why) {
  if (up()) fail(why);
}

// The phase alone is not enough: calls of a lost connection get lost() before its end is reported.
bool Link::up() const {
  return phase_ == Phase::kUp && reading_->ready.connection->is_open() && settling_->share->is_open();
}

std::size_t Link::in_flight() const {
  return (reading_->ready.connection ? reading_->ready.connection->in_flight() : 0) +
         (settling_->share ? settling_->share->in_flight() : 0);
}

const std::string& Link::script_id(std::size_t index) const {
  return settling_->share->script_id(index);
}

const ServerFacts& Link::server() const {
  return settling_->share->server();
}

void Link::change_phase(Phase next) {
  ORDERD_CHECK(phase_ != Phase::kStopped, "a link that was stopped goes on");
  const Phase before = std::exchange(phase_, next);
  deadline_.stop();
  if (next != Phase::kUp) look_.stop();
  switch (next) {
    case Phase::kIdle: break;
    case Phase::kLocating: return locate();
    case Phase::kConnecting: return connect();
    case Phase::kUp: return listener_.on_up();
    case Phase::kEnding: return close_both();
    case Phase::kWaiting:
      retry_.start(next_wait());
      if (server_) topology_.report(*server_, failure_);
      // order matters: the listener may stop the link.
      return listener_.on_down(failure_);
    case Phase::kStopped:
      retry_.stop();
      // order matters: a search that has answered may be on the stack.
      if (before == Phase::kLocating) search_.reset();
      settling_->close();
      return reading_->close();
  }
  ORDERD_CHECK(false, "a link does not become idle again");
}

void Link::locate() {
  server_.reset();
  search_.reset();
  reading_->connector.reset();
  reading_->ready = {};
  settling_->share.reset();
  attempt_ms_ = loop_.now_ms();
  deadline_.start(options_.connect_timeout);
  search_ = topology_.locate([this](const Result<Endpoint>& found) {
    ORDERD_CHECK(phase_ == Phase::kLocating, "a topology has answered a question that was cancelled or answered");
    if (!found) return fail({ErrorKind::kLost, found.error()});
    server_ = *found;
    change_phase(Phase::kConnecting);
  });
}

Milliseconds Link::next_wait() {
  if (Milliseconds(loop_.now_ms() - attempt_ms_) >= kSteady) proven();
  const bool elsewhere = failure_.kind == ErrorKind::kMoved || failure_.kind == ErrorKind::kRoleChanged;
  // Once: two servers may name each other.
  if (topology_.moves() && elsewhere && !std::exchange(hurried_, true)) return Milliseconds(0);
  return backoff_.next(longest_wait());
}

void Link::proven() {
  backoff_.reset();
  hurried_ = false;
}

void Link::suspect() {
  if (up()) topology_.suspect(*server_);
}

void Link::look() {
  look_.start(kLookEvery);
  bool silent = phase_ == Phase::kConnecting && Milliseconds(loop_.now_ms() - attempt_ms_) >= kSilence;
  if (up()) {
    silent = settling_->share->silence() >= kSilence ||
             reading_->ready.connection->silence() >= kSilence + options_.read_block;
  }
  if (silent) topology_.suspect(*server_);
}

Milliseconds Link::longest_wait() const {
  return topology_.moves() ? kPrimaryMoves : Backoff::kLongest;
}

void Link::on_elsewhere(const Endpoint& primary) {
  if (phase_ == Phase::kWaiting) return retry_.start(Milliseconds(0));
  const bool there = server_ && server_->same_address(primary);
  if (there || (phase_ != Phase::kConnecting && !up())) return;
  fail({ErrorKind::kMoved, "the primary is " + primary.redacted() + " now"});
}

void Link::on_search_timeout() {
  search_.reset();
  fail({ErrorKind::kLost,
        "the address of the server was not found within " + std::to_string(options_.connect_timeout.count()) + " ms"});
}

void Link::connect() {
  if (topology_.moves()) look_.start(kLookEvery);
  settling_->share = connections_.share(*server_, handshake(Channel::kSettling), *settling_);
  settling_->share->start();
  if (phase_ != Phase::kConnecting) return;  // it failed immediately
  reading_->connector = std::make_unique<Connector>(loop_, handshake(Channel::kReading), *reading_);
  reading_->connector->start(*server_);
}

Handshake Link::handshake(Channel channel) const {
  const bool reading = channel == Channel::kReading;
  const auto spent = Milliseconds(loop_.now_ms() - attempt_ms_);
  return {.name = (reading ? "orderd-read:" : "orderd-settle:") + options_.name,
          .scripts = reading ? std::vector<std::string_view>() : options_.scripts,
          .primary_moves = topology_.moves(),
          .connect_timeout = std::max(Milliseconds(0), options_.connect_timeout - spent),
          .reply_timeout = options_.reply_timeout + (reading ? options_.read_block : Milliseconds(0))};
}

// A handshake is complete.
void Link::compare() {
  if (!reading_->open || !settling_->open) return;
  const std::string& reads = reading_->ready.server.run_id;
  const std::string& settles = server().run_id;
  if (reads.empty() || settles.empty() || reads == settles) return change_phase(Phase::kUp);
  const Error error{ErrorKind::kLost,
                    "the two connections to " + server_->redacted() + " reached two different servers (run_id " +
                        reads + " and " + settles +
                        "): use the address of one server, or a proxy that sends all connections to one"};
  // Either may be right: the next attempt reconnects both.
  settling_->share->retire();
  fail(error);
}

void Link::fail(Error error) {
  // The server has changed its role since the handshake.
  if (error.kind == ErrorKind::kRoleChanged && settling_->share) settling_->share->retire();
  failure_ = std::move(error);
  change_phase(Phase::kEnding);
}

// Outstanding calls get lost() before their channel reports its end.
void Link::close_both() {
  settling_->close();
  reading_->close();
  if (phase_ == Phase::kEnding && !reading_->open && !settling_->open) change_phase(Phase::kWaiting);
}

void Link::on_channel_closed(const Error& error) {
  if (phase_ == Phase::kConnecting || phase_ == Phase::kUp) {
    return fail({error.kind, "lost the connection to " + server_->redacted() + ": " + error.what});
  }
  if (phase_ == Phase::kEnding && !reading_->open && !settling_->open) change_phase(Phase::kWaiting);
}

}  // namespace orderd::valkey
