// Each call of a share is sent as a Slip, which belongs to the connection and so outlives a share that has left. Slips
// are reused: an order allocates none.
#include "valkey/shared_connections.h"

#include <algorithm>
#include <deque>
#include <utility>

namespace orderd::valkey {

struct SharedConnections::Slip : Call {
  Shared* owner = nullptr;
  Share* share = nullptr;  // null: it has left
  Call* call = nullptr;
  Slip* next = nullptr;  // of the same share
};

struct SharedConnections::Shared : Connector::Listener, Connection::Listener {
  Shared(SharedConnections& its_pool, Endpoint where, const Handshake& handshake)
      : pool(its_pool), endpoint(std::move(where)), connector(pool.loop_, handshake, *this) {}

  // Whether a share that starts now can use it.
  [[nodiscard]] bool usable() const {
    return !ended && !retired && (ready.connection == nullptr || ready.connection->is_open());
  }
  [[nodiscard]] bool open() const { return ready.connection != nullptr && ready.connection->is_open(); }

  void on_connected(Ready now) override {
    ready = std::move(now);
    ready.connection->set_listener(*this);
    each([](Share& share) {
      if (share.phase_ != Share::Phase::kConnecting) return;
      share.phase_ = Share::Phase::kOpen;
      share.listener_.on_share_open();
    });
  }
  void on_connect_failed(const Error& error) override {
    ended = true;
    each([&](Share& share) {
      share.phase_ = Share::Phase::kEnded;
      share.listener_.on_share_failed(error);
    });
  }
  void on_open() override {}
  void on_closed(const Error& error) override {
    ended = true;
    each([&](Share& share) {
      if (share.phase_ == Share::Phase::kLeaving) return;  // after its call returns
      share.phase_ = Share::Phase::kEnded;
      share.listener_.on_share_closed(error);
    });
  }

  // Calls it for the current users, which may leave meanwhile.
  template <class Visit>
  void each(const Visit& visit) {
    const std::vector<Share*> now = users;
    for (Share* share : now) {
      if (std::find(users.begin(), users.end(), share) != users.end()) visit(*share);
    }
  }
  void remove(Share& share) {
    users.erase(std::remove(users.begin(), users.end(), &share), users.end());
    if (!users.empty() || ended) return;
    ended = true;
    if (ready.connection == nullptr) return connector.cancel();
    ready.connection->close({ErrorKind::kLost, "no link uses it any more"});
  }

  Slip& slip(Share& share, Call& call) {
    if (unused.empty()) {
      Slip& made = slips.emplace_back();
      made.owner = this;
      made.done = [](Call& answered, const Reply& reply) {
        Slip& slip = static_cast<Slip&>(answered);
        if (slip.share != nullptr) return slip.share->on_reply(slip, reply);
        slip.owner->unused.push_back(&slip);
      };
      unused.push_back(&made);
    }
    Slip& taken = *unused.back();
    unused.pop_back();
    taken.share = &share;
    taken.call = &call;
    taken.next = nullptr;
    return taken;
  }

  SharedConnections& pool;
  const Endpoint endpoint;
  std::vector<Share*> users;  // started and not left
  std::size_t shares = 0;     // not yet destroyed
  bool started = false;
  bool ended = false;
  bool retired = false;
  std::deque<Slip> slips;
  std::vector<Slip*> unused;
  Connector connector;
  Ready ready;  // last: its end uses the other members
};

void SharedConnections::Share::start() {
  ORDERD_CHECK(phase_ == Phase::kIdle, "a share can be started only once");
  phase_ = Phase::kConnecting;
  shared_.users.push_back(this);
  if (shared_.ready.connection != nullptr) {
    phase_ = Phase::kOpen;
    return listener_.on_share_open();
  }
  if (!std::exchange(shared_.started, true)) shared_.connector.start(shared_.endpoint);
}

SharedConnections::Share::~Share() {
  ORDERD_CHECK(!answering_, "a share was destroyed while one of its calls is being answered");
  leave({ErrorKind::kLost, "closed"});
  shared_.remove(*this);
  if (--shared_.shares > 0) return;
  auto& all = shared_.pool.connections_;
  all.erase(std::find_if(all.begin(), all.end(), [this](const auto& each) { return each.get() == &shared_; }));
}

bool SharedConnections::Share::send(Call& call, const Command& command) {
  if (!is_open()) return false;
  Slip& slip = shared_.slip(*this, call);
  if (!shared_.ready.connection->send(slip, command)) {
    shared_.unused.push_back(&slip);
    return false;
  }
  (first_ == nullptr ? first_ : last_->next) = &slip;
  last_ = &slip;
  ++in_flight_;
  return true;
}

void SharedConnections::Share::on_reply(Slip& slip, const Reply& reply) {
  ORDERD_CHECK(&slip == first_, "replies of a share are out of order");
  first_ = slip.next;
  --in_flight_;
  // order matters: the call may send the next one in this slip.
  shared_.unused.push_back(&slip);
  const bool outer = !std::exchange(answering_, true);
  slip.call->done(*slip.call, reply);
  if (!outer) return;
  answering_ = false;
  if (phase_ == Phase::kLeaving) finish();
}

void SharedConnections::Share::leave(const Error& error) {
  if (phase_ == Phase::kConnecting) {
    phase_ = Phase::kEnded;
    return shared_.remove(*this);
  }
  if (phase_ != Phase::kOpen) return;
  error_ = error;
  phase_ = Phase::kLeaving;
  if (!answering_) finish();
}

void SharedConnections::Share::finish() {
  phase_ = Phase::kEnded;
  while (first_ != nullptr) {
    Slip& slip = *first_;
    first_ = slip.next;
    --in_flight_;
    slip.share = nullptr;
    slip.call->done(*slip.call, Reply(nullptr));
  }
  shared_.remove(*this);
  listener_.on_share_closed(error_);
}

void SharedConnections::Share::retire() {
  shared_.retired = true;
}

bool SharedConnections::Share::is_open() const {
  return phase_ == Phase::kOpen && shared_.open();
}

Milliseconds SharedConnections::Share::silence() const {
  return in_flight_ == 0 ? Milliseconds(0) : shared_.ready.connection->silence();
}

const ServerFacts& SharedConnections::Share::server() const {
  return shared_.ready.server;
}

const std::string& SharedConnections::Share::script_id(std::size_t index) const {
  return shared_.ready.script_ids.at(index);
}

SharedConnections::SharedConnections(Loop& loop) : loop_(loop) {
}

SharedConnections::~SharedConnections() {
  ORDERD_CHECK(connections_.empty(), "a share is left when the connections go");
}

std::unique_ptr<SharedConnections::Share> SharedConnections::share(const Endpoint& endpoint, const Handshake& handshake,
                                                                   Listener& listener) {
  auto found = std::find_if(connections_.begin(), connections_.end(),
                            [&](const auto& each) { return each->usable() && each->endpoint == endpoint; });
  if (found == connections_.end()) {
    connections_.push_back(std::make_unique<Shared>(*this, endpoint, handshake));
    found = std::prev(connections_.end());
  }
  ++(*found)->shares;
  return std::unique_ptr<Share>(new Share(**found, listener));
}

}  // namespace orderd::valkey
