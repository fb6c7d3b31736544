// One connection to each server, shared by all links that settle there: commands of many lanes leave in one write, and
// their replies arrive in one read. Blocking commands would block all lanes, so reads have their own connections.
//
// A link has a Share, which behaves like its own connection: replies in the order of its commands, and one end, before
// which each outstanding call gets lost(). Leaving ends only the share. The connection stays while other shares use it,
// and late replies to a share that has left are dropped.
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
    // The share is open. May call leave().
    virtual void on_share_open() = 0;
    // It could not be opened; see Connector::Listener.
    virtual void on_share_failed(const Error& error) = 0;
    // The end of an open share, once. Neither this nor on_share_failed() may destroy the share.
    virtual void on_share_closed(const Error& error) = 0;
  };

  class Share {
   public:
    // Calls leave(). Not inside a callback of the share or of one of its calls.
    ~Share();
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    // Connects, or uses an existing connection; may call back before it returns. Once.
    void start();
    // As Connection::send().
    [[nodiscard]] bool send(Call& call, const Command& command);
    // Ends this share. Before this returns, outstanding calls get lost(), and the listener on_share_closed(error) if it
    // was open; inside a callback of one of its calls, after that returns.
    void leave(const Error& error);
    // No further share uses this connection: the next one connects. Those that use it keep it.
    void retire();

    [[nodiscard]] bool is_open() const;
    [[nodiscard]] std::size_t in_flight() const { return in_flight_; }
    // As Connection::silence(), of the calls of this share.
    [[nodiscard]] Milliseconds silence() const;
    // Only after it was open.
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
  // All shares must be destroyed before.
  ~SharedConnections();
  SharedConnections(const SharedConnections&) = delete;
  SharedConnections& operator=(const SharedConnections&) = delete;

  // A share of the connection to `endpoint` with these credentials. All must request the same handshake; only the first
  // one's connect_timeout counts. `listener` must outlive the share.
  [[nodiscard]] std::unique_ptr<Share> share(const Endpoint& endpoint, const Handshake& handshake, Listener& listener);

 private:
  Loop& loop_;
  std::vector<std::unique_ptr<Shared>> connections_;
};

}  // namespace orderd::valkey
