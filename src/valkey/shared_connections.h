// One connection to each server, for all links that settle there: the commands of many lanes leave in one write, and
// their replies come in one read. A command that blocks would block them all: reads have connections of their own.
//
// A link has a Share. It sees what it would see of a connection of its own: replies in the order of its commands, and
// one end, before which each outstanding call gets lost(). To leave ends only the share: the connection stays while
// another share uses it, and replies to what was left behind are dropped when they come.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "valkey/connector.h"

namespace orderd::valkey {

class SharedConnections {
  struct Shared;
  struct Slip;

 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    // The share is open. It may leave() in here.
    virtual void on_share_open() = 0;
    // It never was; see Connector::Listener.
    virtual void on_share_failed(const Error& error) = 0;
    // The end of a share that was open, once. The share may not be destroyed in here, nor in on_share_failed().
    virtual void on_share_closed(const Error& error) = 0;
  };

  class Share {
   public:
    // As leave(). Not inside a callback of the share or of one of its calls.
    ~Share();
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    // Connects, or joins those who have; may call back before it returns. Once.
    void start();
    // As Connection::send().
    [[nodiscard]] bool send(Call& call, const Command& command);
    // Ends this share: outstanding calls get lost(), and the listener on_share_closed(error) if it was open, before
    // this returns; where one of its calls is being answered, when that returns.
    void leave(const Error& error);
    // No other share joins this connection any more: the next one makes its own. Those that have it keep it.
    void retire();

    [[nodiscard]] bool is_open() const;
    [[nodiscard]] std::size_t in_flight() const { return in_flight_; }
    // As Connection::silence(), of the calls of this share.
    [[nodiscard]] Milliseconds silence() const;
    // Only once it was open.
    [[nodiscard]] const ServerFacts& server() const;
    [[nodiscard]] const std::string& script_id(std::size_t index) const;

   private:
    friend class SharedConnections;
    enum class Phase { kIdle, kConnecting, kOpen, kLeaving, kEnded };

    Share(Shared& shared, Listener& listener) : shared_(shared), listener_(listener) {}
    void on_reply(Slip& slip, const Reply& reply);
    void finish();

    Shared& shared_;
    Listener& listener_;
    Phase phase_ = Phase::kIdle;
    Error error_;            // why it leaves
    Slip* first_ = nullptr;  // outstanding calls, oldest first
    Slip* last_ = nullptr;
    std::size_t in_flight_ = 0;
    bool answering_ = false;
  };

  explicit SharedConnections(Loop& loop);
  // Every share is destroyed by then.
  ~SharedConnections();
  SharedConnections(const SharedConnections&) = delete;
  SharedConnections& operator=(const SharedConnections&) = delete;

  // A share of the connection to `endpoint`, with just these credentials. All ask for the same handshake, save its
  // connect_timeout: that of the first counts. `listener` must outlive the share.
  [[nodiscard]] std::unique_ptr<Share> share(const Endpoint& endpoint, const Handshake& handshake, Listener& listener);

 private:
  Loop& loop_;
  std::vector<std::unique_ptr<Shared>> connections_;
};

}  // namespace orderd::valkey
