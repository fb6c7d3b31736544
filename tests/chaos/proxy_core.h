// The state on the proxy's loop: the listener, the connections, the faults and triggers. Only its thread may touch it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "chaos/proxy_connection.h"
#include "chaos/proxy_faults.h"
#include "loop/loop.h"
#include "valkey/endpoint.h"

namespace orderd::test {

// Whether `words`, joined by spaces, begin with the second text, ignoring case.
[[nodiscard]] bool begins_with_words(std::string_view command, std::string_view first);

class ProxyCore {
 public:
  // Listens. Throws std::runtime_error.
  ProxyCore(Loop& loop, const valkey::Endpoint& upstream, uint64_t seed);
  ~ProxyCore();
  ProxyCore(const ProxyCore&) = delete;
  ProxyCore& operator=(const ProxyCore&) = delete;

  [[nodiscard]] uint16_t port() const { return port_; }
  void set(Direction direction, const LinkFaults& faults);
  void set_door(Door door);
  void flap(std::chrono::milliseconds up, std::chrono::milliseconds down);
  void stop_flapping();
  void heal();
  // Each open connection that `which` selects.
  void each(std::optional<uint64_t> which, const std::function<void(ProxyConnection&)>& act);
  [[nodiscard]] std::optional<uint64_t> connection_of(std::string_view first) const;
  [[nodiscard]] ProxyStats stats() const;
  [[nodiscard]] uint64_t commands(std::string_view first) const;

  // Triggers by number; the first is 1.
  std::size_t add(const Trigger& trigger);
  [[nodiscard]] const Trigger& trigger(std::size_t number) const { return triggers_.at(number - 1).trigger; }
  [[nodiscard]] uint64_t fired(std::size_t number) const { return triggers_.at(number - 1).fired; }
  void release(std::size_t number);
  void remove(std::size_t number) { triggers_.at(number - 1).off = true; }
  // The trigger that this command fires, if any.
  [[nodiscard]] std::optional<std::size_t> take_trigger(const std::vector<std::string>& words);
  // Whether it can fire once more.
  [[nodiscard]] bool live(std::size_t number) const;
  [[nodiscard]] bool holds(std::size_t number) const { return !triggers_.at(number - 1).released; }
  void fire(std::size_t number, const char* kind);

  // For the connections and their pipes.
  [[nodiscard]] Loop& loop() { return loop_; }
  [[nodiscard]] const LinkFaults& faults(Direction direction) const {
    return direction == Direction::kToServer ? to_server_ : to_client_;
  }
  [[nodiscard]] uint64_t random(uint64_t below) { return random_() % below; }
  [[nodiscard]] int connect_upstream() const;  // a connecting or connected socket; -1: refused
  void set_no_delay(int socket) const;
  void want_turn();
  void sweep_soon() { sweeper_.start(Milliseconds(0)); }
  void note_played(const std::string& kind) { ++counted_.played[kind]; }
  void note_upstream_failed() { ++counted_.upstream_failed; }
  void note_lost(std::size_t bytes) { counted_.bytes_lost += bytes; }
  void note_delivered(Direction direction, std::size_t bytes);
  void note_queued(std::size_t bytes) { counted_.queued_peak = std::max<uint64_t>(counted_.queued_peak, bytes); }

 private:
  struct Armed {
    Trigger trigger;
    uint64_t passed = 0;
    uint64_t taken = 0;
    uint64_t fired = 0;
    bool off = false;
    bool released = false;
  };

  void listen();
  void stop_listening();
  static void on_listening(uv_poll_t* handle, int status, int events);
  static void on_turn(uv_idle_t* handle);
  void accept_all();
  void flap_step();
  void sweep();
  void pump_all();

  Loop& loop_;
  valkey::Endpoint upstream_;
  std::mt19937_64 random_;
  LinkFaults to_server_;
  LinkFaults to_client_;
  Door door_ = Door::kOpen;
  uint16_t port_ = 0;
  int reserved_ = -1;  // bound, never listening: keeps the port while refusing
  int listener_ = -1;
  HandlePtr<uv_poll_t> listener_poll_;
  HandlePtr<uv_idle_t> turn_;
  Timer sweeper_;
  Timer flapper_;
  std::chrono::milliseconds flap_up_{0};
  std::chrono::milliseconds flap_down_{0};
  std::vector<std::unique_ptr<ProxyConnection>> connections_;
  std::deque<Armed> triggers_;
  std::map<std::string, uint64_t> commands_;  // by first word
  ProxyStats counted_;
};

}  // namespace orderd::test
