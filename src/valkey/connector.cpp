// A sequence: advance() reads top to bottom. Names are looked up by libuv, because hiredis' own look-up blocks the
// loop.
#include "valkey/connector.h"

#include <arpa/inet.h>
#include <netdb.h>

#include <utility>

namespace orderd::valkey {

// Outlives the connector if that gives up: libuv's thread pool may be at it.
struct Connector::Lookup {
  uv_getaddrinfo_t request{};
  Connector* owner = nullptr;
};

Connector::Connector(Loop& loop, const Handshake& handshake, Listener& listener)
    : loop_(loop),
      handshake_(handshake),
      listener_(listener),
      deadline_(loop,
                [this] {
                  fail({ErrorKind::kLost, "no connection to " + endpoint_.redacted() + " after " +
                                              std::to_string(handshake_.connect_timeout.count()) + " ms" +
                                              (last_failure_.empty() ? "" : " (" + last_failure_ + ")")});
                }),
      retry_(loop, [this] { connect_next(); }) {
  step_.owner = this;
  step_.done = [](Call& call, const Reply& reply) { static_cast<Step&>(call).owner->on_step(reply); };
}

Connector::~Connector() {
  give_up();
}

void Connector::start(const Endpoint& endpoint) {
  ORDERD_CHECK(phase_ == Phase::kIdle, "a connector is good for one start");
  endpoint_ = endpoint;
  deadline_.start(handshake_.connect_timeout);
  switch (endpoint_.kind) {
    case Endpoint::Kind::kTcp: return resolve();
    case Endpoint::Kind::kUnix: addresses_.push_back({{}, 0, endpoint_.path}); break;
    case Endpoint::Kind::kEmbedded: addresses_.push_back({{}, 0, embedded_socket(endpoint_.path)}); break;
  }
  connect_next();
}

void Connector::resolve() {
  phase_ = Phase::kResolve;
  in6_addr numeric{};
  if (inet_pton(AF_INET, endpoint_.host.c_str(), &numeric) == 1 ||
      inet_pton(AF_INET6, endpoint_.host.c_str(), &numeric) == 1) {
    addresses_.push_back({endpoint_.host, endpoint_.port, {}});
    return connect_next();
  }
  const auto on_resolved = [](uv_getaddrinfo_t* request, int status, addrinfo* found) {
    const std::unique_ptr<Lookup> lookup(static_cast<Lookup*>(request->data));
    if (Connector* self = lookup->owner; self != nullptr) {
      self->lookup_ = nullptr;
      if (status != 0) {
        self->fail({ErrorKind::kLost, "cannot look up " + self->endpoint_.host + ": " + uv_strerror(status)});
      } else {
        std::array<char, INET6_ADDRSTRLEN> text{};
        for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
          if (uv_ip_name(each->ai_addr, text.data(), text.size()) == 0) {
            self->addresses_.push_back({text.data(), self->endpoint_.port, {}});
          }
        }
        self->connect_next();
      }
    }
    uv_freeaddrinfo(found);
  };
  lookup_ = new Lookup;
  lookup_->owner = this;
  lookup_->request.data = lookup_;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  const int status =
      uv_getaddrinfo(loop_.raw(), &lookup_->request, on_resolved, endpoint_.host.c_str(), nullptr, &hints);
  if (status != 0) {
    delete std::exchange(lookup_, nullptr);
    fail({ErrorKind::kLost, "cannot look up " + endpoint_.host + ": " + uv_strerror(status)});
  }
}

void Connector::connect_next() {
  phase_ = Phase::kConnect;
  while (address_ < addresses_.size()) {
    ready_.connection.reset();
    auto opened = Connection::open(loop_, addresses_[address_++], handshake_.reply_timeout, *this);
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

// Sends the first command from `phase` on that is needed.
void Connector::advance(Phase phase) {
  phase_ = phase;
  switch (phase_) {
    case Phase::kAuthenticate:
      if (!endpoint_.password.empty()) {
        return send(endpoint_.username.empty() ? Command::of("AUTH", endpoint_.password)
                                               : Command::of("AUTH", endpoint_.username, endpoint_.password));
      }
      phase_ = Phase::kSelect;
      [[fallthrough]];
    case Phase::kSelect:
      if (endpoint_.database != 0) return send(Command::of("SELECT", endpoint_.database));
      phase_ = Phase::kName;
      [[fallthrough]];
    case Phase::kName: return send(Command::of("CLIENT", "SETNAME", handshake_.name));
    case Phase::kLoad:
      if (ready_.script_ids.size() < handshake_.scripts.size()) {
        return send(Command::of("SCRIPT", "LOAD", handshake_.scripts[ready_.script_ids.size()]));
      }
      phase_ = Phase::kDone;
      deadline_.stop();
      return listener_.on_connected(std::move(ready_));
    case Phase::kIdle:
    case Phase::kResolve:
    case Phase::kConnect:
    case Phase::kDone: break;
  }
  ORDERD_CHECK(false, "a connector was asked to advance to where it does not send");
}

void Connector::send(const Command& command) {
  // Refused only where the connection is on its way down: on_closed follows.
  (void)ready_.connection->send(step_, command);
}

void Connector::on_step(const Reply& reply) {
  if (reply.lost() || phase_ == Phase::kDone) return;  // on_closed follows
  static constexpr const char* kNames[] = {"", "", "", "AUTH", "SELECT", "CLIENT SETNAME", "SCRIPT LOAD", ""};
  if (reply.is_error()) {
    std::string_view text = reply.text();
    // A server that does not know AUTH repeats its arguments.
    if (phase_ == Phase::kAuthenticate && text.find(endpoint_.password) != std::string_view::npos)
      text = first_word(text);
    return fail(
        {reply.error(), std::string(kNames[static_cast<std::size_t>(phase_)]) + " was refused: " + std::string(text)});
  }
  switch (phase_) {
    case Phase::kAuthenticate: return advance(Phase::kSelect);
    case Phase::kSelect: return advance(Phase::kName);
    case Phase::kName: return advance(Phase::kLoad);
    case Phase::kLoad: ready_.script_ids.emplace_back(reply.text()); return advance(Phase::kLoad);
    default: ORDERD_CHECK(false, "a reply in a phase that awaits none");
  }
}

void Connector::on_closed(const Error& error) {
  if (phase_ == Phase::kDone) return;
  last_failure_ = "cannot connect to " + endpoint_.redacted() + ": " + error.what;
  // Another address of the same name is tried only where this one did not answer at all. Not from in here: the
  // connection that has ended is on the stack.
  if (phase_ == Phase::kConnect && address_ < addresses_.size()) {
    retry_.start(Milliseconds(0));
    return;
  }
  fail({ErrorKind::kLost, last_failure_});
}

void Connector::fail(const Error& error) {
  if (phase_ == Phase::kDone) return;
  give_up();
  listener_.on_connect_failed(error);
}

// Ends what is under way, so that nothing comes of it later.
void Connector::give_up() {
  phase_ = Phase::kDone;
  deadline_.stop();
  retry_.stop();
  if (Lookup* lookup = std::exchange(lookup_, nullptr); lookup != nullptr) {
    lookup->owner = nullptr;
    uv_cancel(reinterpret_cast<uv_req_t*>(&lookup->request));
  }
  // order matters: it is closed, not destroyed, because it may be on the stack.
  if (ready_.connection) ready_.connection->close({ErrorKind::kLost, "given up"});
}

}  // namespace orderd::valkey
