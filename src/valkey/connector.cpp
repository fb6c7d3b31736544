// A sequence: advance() reads top to bottom. libuv looks names up, because hiredis' lookup blocks the loop. If an
// address does not answer in its share of the time, or its connection ends during the handshake, the next one is tried.
// An error reply is final.
#include "valkey/connector.h"

#include <netdb.h>

#include <algorithm>
#include <utility>

#include "valkey/addresses.h"
#include "valkey/client_info.h"

namespace orderd::valkey {

// Outlives a canceled connector: libuv's thread pool may still use it.
struct Connector::Lookup {
  uv_getaddrinfo_t request{};
  Connector* owner = nullptr;
};

Connector::Connector(Loop& loop, Handshake handshake, Listener& listener)
    : loop_(loop),
      handshake_(std::move(handshake)),
      listener_(listener),
      patience_(loop, [this] { on_silence(); }),
      next_(loop, [this] { connect_next(); }) {
  step_.owner = this;
  step_.done = [](Call& call, const Reply& reply) { static_cast<Step&>(call).owner->on_step(reply); };
}

Connector::~Connector() {
  cancel();
}

void Connector::start(const Endpoint& endpoint) {
  ORDERD_CHECK(phase_ == Phase::kIdle, "a connector can be started only once");
  endpoint_ = endpoint;
  deadline_ms_ = loop_.now_ms() + static_cast<uint64_t>(handshake_.connect_timeout.count());
  patience_.start(handshake_.connect_timeout);
  switch (endpoint_.kind) {
    case Endpoint::Kind::kTcp: return resolve();
    case Endpoint::Kind::kUnix: addresses_.push_back({{}, 0, endpoint_.path}); break;
    case Endpoint::Kind::kEmbedded: addresses_.push_back({{}, 0, embedded_socket(endpoint_.path)}); break;
  }
  connect_next();
}

void Connector::resolve() {
  phase_ = Phase::kResolve;
  if (is_numeric_host(endpoint_.host)) {
    addresses_.push_back({endpoint_.host, endpoint_.port, {}});
    return connect_next();
  }
  const auto on_found = [](uv_getaddrinfo_t* request, int status, addrinfo* found) {
    const std::unique_ptr<Lookup> lookup(static_cast<Lookup*>(request->data));
    if (lookup->owner != nullptr) lookup->owner->on_resolved(status, found);
    uv_freeaddrinfo(found);
  };
  lookup_ = new Lookup;
  lookup_->owner = this;
  lookup_->request.data = lookup_;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  const int status = uv_getaddrinfo(loop_.raw(), &lookup_->request, on_found, endpoint_.host.c_str(), nullptr, &hints);
  if (status != 0) {
    delete std::exchange(lookup_, nullptr);
    fail({ErrorKind::kLost, "cannot look up " + endpoint_.host + ": " + uv_strerror(status)});
  }
}

void Connector::on_resolved(int status, const addrinfo* found) {
  lookup_ = nullptr;
  if (status != 0) {
    return fail({ErrorKind::kLost, "cannot look up " + endpoint_.host + ": " + uv_strerror(status)});
  }
  for (std::string& host : numeric_hosts(found)) addresses_.push_back({std::move(host), endpoint_.port, {}});
  connect_next();
}

void Connector::connect_next() {
  phase_ = Phase::kConnect;
  while (address_ < addresses_.size()) {
    // The remaining time, in equal shares.
    const uint64_t left_ms = deadline_ms_ - std::min(deadline_ms_, loop_.now_ms());
    patience_.start(Milliseconds(left_ms / (addresses_.size() - address_)));
    ready_ = {};
    auto opened =
        Connection::open(loop_, addresses_[address_++], handshake_.reply_timeout, *this, endpoint_.tls_peer());
    if (opened) {
      ready_.connection = std::move(*opened);
      return;
    }
    last_failure_ = opened.error();
  }
  fail({ErrorKind::kLost, last_failure_.empty() ? "no address found for " + endpoint_.host : last_failure_});
}

void Connector::on_open() {
  advance(Phase::kAuthenticate);
}

// Sends the next command that is needed, from `phase` on.
void Connector::advance(Phase phase) {
  phase_ = phase;
  switch (phase_) {
    case Phase::kAuthenticate:
      // A user without a password must be named, too.
      if (!endpoint_.username.empty()) return send(Command::of("AUTH", endpoint_.username, endpoint_.password));
      if (!endpoint_.password.empty()) return send(Command::of("AUTH", endpoint_.password));
      phase_ = Phase::kHello;
      [[fallthrough]];
    case Phase::kHello:
      if (handshake_.brief) return advance(Phase::kName);
      return send(Command::of("HELLO"));
    case Phase::kInfo: return send(Command::of("INFO", "server"));
    case Phase::kRole:
      // HELLO suffices, unless this is a replica: only ROLE names its primary. In a cluster MOVED names it.
      if (!endpoint_.cluster && ready_.server.role != "primary") return send(Command::of("ROLE"));
      phase_ = Phase::kSelect;
      [[fallthrough]];
    case Phase::kSelect:
      if (handshake_.primary_moves && !endpoint_.cluster && ready_.server.role == "replica") {
        return fail({ErrorKind::kRoleChanged, endpoint_.redacted() + " is a replica"});
      }
      if (Error error = unfit(ready_.server, endpoint_.redacted(), endpoint_.cluster); error.kind != ErrorKind::kNone) {
        return fail(error);
      }
      if (endpoint_.database != 0) return send(Command::of("SELECT", endpoint_.database));
      phase_ = Phase::kName;
      [[fallthrough]];
    case Phase::kName: {
      // One round trip: only the last reply, to SETNAME, is awaited.
      const auto commands = client_info(handshake_.name);
      for (std::size_t i = 0; i + 1 < commands.size(); ++i) (void)ready_.connection->send(ignored_, commands[i]);
      return send(commands.back());
    }
    case Phase::kLoad:
      if (ready_.script_ids.size() < handshake_.scripts.size()) {
        return send(Command::of("SCRIPT", "LOAD", handshake_.scripts[ready_.script_ids.size()]));
      }
      finish();
      return listener_.on_connected(std::move(ready_));
    case Phase::kIdle:
    case Phase::kResolve:
    case Phase::kConnect:
    case Phase::kDone: break;
  }
  ORDERD_CHECK(false, "a connector was asked to advance to where it does not send");
}

void Connector::send(const Command& command) {
  // Fails only if the connection is closing: on_closed follows.
  (void)ready_.connection->send(step_, command);
}

void Connector::on_step(const Reply& reply) {
  if (reply.lost() || phase_ == Phase::kDone) return;  // on_closed follows
  static constexpr const char* kNames[] = {
      "", "", "", "AUTH", "HELLO", "INFO", "ROLE", "SELECT", "CLIENT SETNAME", "SCRIPT LOAD", ""};
  const bool optional =
      phase_ == Phase::kHello || phase_ == Phase::kInfo || phase_ == Phase::kRole || phase_ == Phase::kName;
  if (reply.is_error() && !(optional && denies_command(reply.text()))) {
    std::string_view text = reply.text();
    // A server without AUTH quotes the arguments, and so the password.
    if (phase_ == Phase::kAuthenticate && !endpoint_.password.empty() &&
        text.find(endpoint_.password) != std::string_view::npos)
      text = first_word(text);
    return fail(
        {reply.error(), std::string(kNames[static_cast<std::size_t>(phase_)]) + " was refused: " + std::string(text)});
  }
  take(reply);
  advance(phase_ == Phase::kLoad ? Phase::kLoad : static_cast<Phase>(static_cast<int>(phase_) + 1));
}

void Connector::take(const Reply& reply) {
  switch (phase_) {
    case Phase::kHello: return read_hello(reply, ready_.server);
    case Phase::kInfo: return read_info(reply.is_error() ? "" : reply.text(), ready_.server);
    case Phase::kRole: return read_role(reply, ready_.server);
    case Phase::kLoad: ready_.script_ids.emplace_back(reply.text()); return;
    default: return;
  }
}

// The connection to an address ended.
void Connector::on_closed(const Error& error) {
  if (phase_ == Phase::kDone) return;
  last_failure_ = "cannot connect to " + endpoint_.redacted() + ": " + error.what;
  const bool first = phase_ == Phase::kAuthenticate || phase_ == Phase::kHello;
  if (first && !endpoint_.tls && endpoint_.kind == Endpoint::Kind::kTcp) {
    last_failure_ += "; it closed at the first command: is this a TLS port (valkeys://)?";
  }
  if (address_ == addresses_.size()) return fail({ErrorKind::kLost, last_failure_});
  // Not here: the ended connection is on the stack.
  phase_ = Phase::kConnect;
  next_.start(Milliseconds(0));
}

// The lookup or an address timed out.
void Connector::on_silence() {
  const bool last = phase_ == Phase::kResolve || address_ == addresses_.size();
  const std::string silent = "no connection to " + endpoint_.redacted() + " after " +
                             std::to_string(handshake_.connect_timeout.count()) + " ms";
  const bool no_tls = ready_.connection && ready_.connection->greeting();
  if (last && no_tls) {
    return fail({ErrorKind::kLost, silent + ": no answer to the TLS greeting; is this its plain port (valkey://)?"});
  }
  if (last) return fail({ErrorKind::kLost, silent + (last_failure_.empty() ? "" : " (" + last_failure_ + ")")});
  if (ready_.connection) {
    ready_.connection->close({ErrorKind::kLost, addresses_[address_ - 1].text() + " does not answer"});
  }
}

void Connector::fail(const Error& error) {
  if (phase_ == Phase::kDone) return;
  cancel();
  listener_.on_connect_failed(error);
}

void Connector::finish() {
  phase_ = Phase::kDone;
  patience_.stop();
  next_.stop();
}

void Connector::cancel() {
  finish();
  if (Lookup* lookup = std::exchange(lookup_, nullptr); lookup != nullptr) {
    lookup->owner = nullptr;
    // If the lookup runs already, its result is ignored.
    (void)uv_cancel(reinterpret_cast<uv_req_t*>(&lookup->request));
  }
  // order matters: closed, not destroyed, since it may be on the stack.
  if (ready_.connection) ready_.connection->close({ErrorKind::kLost, "cancelled"});
}

}  // namespace orderd::valkey
