// The results as they arrive, on a connection of its own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "order-replay/session.h"
#include "shared/entry.h"

namespace orderd::replay {

class Tail : private Session::Listener {
 public:
  // Results of one read: handling a page should take far less than a millisecond.
  static constexpr std::size_t kPage = 128;
  // How long one read waits at the server.
  static constexpr Milliseconds kBlock{1000};

  // None of these may destroy the tail.
  class Listener {
   public:
    virtual ~Listener() = default;
    // Read at `now_ns` of the monotonic clock.
    virtual void on_results(const std::vector<tools::Entry>& page, uint64_t now_ns) = 0;
    virtual void on_down(const valkey::Error& error) = 0;
    // The server refuses the read.
    virtual void on_refused(const std::string& answer) = 0;
  };

  // Reads what comes after the entry `after`.
  Tail(Loop& loop, valkey::Topology& topology, const valkey::Handshake& handshake, std::string stream,
       std::string after, uint32_t seed, Listener& listener);
  ~Tail() override;
  Tail(const Tail&) = delete;
  Tail& operator=(const Tail&) = delete;

  void start() { session_.start(); }
  void stop();
  [[nodiscard]] bool up() const { return session_.up(); }
  // The ID of the last entry that was read.
  [[nodiscard]] const std::string& after() const { return after_; }

 private:
  struct Read : valkey::Call {
    Tail* owner = nullptr;
  };
  void read();
  void on_reply(const valkey::Reply& reply);
  void on_up() override { read(); }
  void on_down(const valkey::Error& error) override { listener_.on_down(error); }

  const std::string stream_;
  std::string after_;
  Listener& listener_;
  Read read_;
  Timer pause_;
  bool stopped_ = false;
  Session session_;  // ends first: read_ is its call
};

// Nanoseconds of the monotonic clock.
[[nodiscard]] uint64_t now_ns();

}  // namespace orderd::replay
