// A fault proxy between orderd and Valkey, on a TCP port of 127.0.0.1. It injects network faults.
//
//   FaultProxy proxy(server.endpoint(), seed);                      orderd is given proxy.url()
//   proxy.set(Direction::kToClient, {.latency = 50ms, .jitter = 20ms, .slice_max = 1});
//   const auto lost = proxy.add(Trigger::on("EVALSHA").after(2).swallow_reply());
//   wait_for([&] { return proxy.fired(lost) == 1; }, …);
//   proxy.heal();
//
// It runs on its own thread. Any thread may call any function; the call returns when the proxy has applied it.
// It affects all bytes that the proxy reads or delivers afterwards. Everything random (jitter, slice sizes, byte
// positions) comes from the seed.
//
// It parses RESP2: it forwards a command only when it has all of it, unless a fault cuts it, and matches each reply
// with its command. A connection that uses anything else (TLS, RESP3 pushes) is forwarded as is and fires no trigger.
//
// Functions throw std::runtime_error if the system refuses (no port, no descriptor) and std::invalid_argument if the
// request makes no sense.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <thread>

#include "order-chaos/proxy/proxy_connection.h"

namespace orderd::test {

class FaultProxy {
 public:
  using ConnectionNumber = uint64_t;  // the first to be accepted is 0
  using TriggerId = std::size_t;
  // Which connection to act on; nullopt: all that are open.
  using Which = std::optional<ConnectionNumber>;

  // Starts listening. `upstream`: a Unix socket or a numeric TCP address. It need not be up yet: a client that cannot
  // be connected to it is closed, and the next client causes a new attempt.
  FaultProxy(const valkey::Endpoint& upstream, uint64_t seed);
  // Closes all connections.
  ~FaultProxy();
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;

  [[nodiscard]] valkey::Endpoint endpoint() const;  // for the client; has the upstream's user and database
  [[nodiscard]] std::string url() const { return "valkey://127.0.0.1:" + std::to_string(listener_.port()); }

  // How bytes are carried from now on: on open and new connections, and for bytes already queued in the proxy.
  void set(Direction direction, const LinkFaults& faults);
  void set_both(const LinkFaults& faults) {
    set(Direction::kToServer, faults);
    set(Direction::kToClient, faults);
  }

  void set_door(Door door) {
    on_thread([&] { open_door(door); });
  }
  // Alternates between `down` (all connections reset, new ones refused) and `up`, starting with down, until
  // stop_flapping() or heal(). Both leave it up.
  void flap(std::chrono::milliseconds up, std::chrono::milliseconds down);
  void stop_flapping() {
    on_thread([this] { end_flapping(); });
  }

  // Bytes queued in the proxy are lost when their connection ends. No effect if there is no such connection.
  void reset(Which which = std::nullopt) {  // RST to the client (and to a TCP server)
    act_on(which, "reset", [](auto& connection) { connection.end(ProxyConnection::End::kReset); });
  }
  void close(Which which = std::nullopt) {  // orderly close of both sides
    act_on(which, "close", [](auto& connection) { connection.end(ProxyConnection::End::kClose); });
  }
  // Resets after this many more bytes in that direction. The last call wins.
  void reset_after(Direction direction, uint64_t bytes) {
    act_on(std::nullopt, nullptr, [&](auto& connection) { connection.pipe(direction).reset_after(bytes); });
  }
  // The same after 1 to `bytes_max` bytes, chosen by the seed. Returns the number.
  uint64_t reset_somewhere(Direction direction, uint64_t bytes_max) {
    const uint64_t bytes = on_thread([&] { return 1 + state_.random(bytes_max); });
    reset_after(direction, bytes);
    return bytes;
  }
  // kToClient: the client sees EOF, its commands still arrive. kToServer: the reverse.
  void half_close(Direction direction, Which which = std::nullopt) {
    act_on(which, "half_close", [&](auto& connection) { connection.half_close(direction); });
  }
  // Sends these bytes to all clients next, even in the middle of a reply.
  void inject(const std::string& bytes) {
    act_on(std::nullopt, "inject", [&](auto& connection) { connection.inject(bytes); });
  }

  TriggerId add(const Trigger& trigger);
  // How often it fired: a lost command counts when it is read, a reply fault counts when the reply arrives.
  [[nodiscard]] uint64_t fired(TriggerId trigger) {
    return on_thread([&] { return state_.triggers.at(trigger).fired; });
  }
  // Releases the reply that it holds; it does not fire again.
  void release(TriggerId trigger) {
    on_thread([&] { state_.triggers.at(trigger).off = state_.triggers.at(trigger).released = true; });
  }
  // It does not fire again; a held reply stays held.
  void remove(TriggerId trigger) {
    on_thread([&] { state_.triggers.at(trigger).off = true; });
  }

  // Back to plain forwarding: no flow faults, no flapping, no triggers, nothing held, no pending reset. Connections
  // that lost bytes are reset.
  void heal();

  [[nodiscard]] ProxyStats stats();
  // The newest open connection whose last command began with these words.
  [[nodiscard]] Which connection_of(std::string_view first);
  // How many commands with this first word clients have sent.
  [[nodiscard]] uint64_t commands(std::string_view first) {
    return on_thread([&] { return state_.commands[in_capitals(first)]; });
  }

 private:
  // Runs `act` on the proxy's thread and waits for it; rethrows its exceptions.
  template <class Act>
  std::invoke_result_t<Act> on_thread(Act act) {
    const auto task = std::make_shared<std::packaged_task<std::invoke_result_t<Act>()>>(std::move(act));
    auto done = task->get_future();
    hand_over([task] { (*task)(); });
    return done.get();
  }
  void hand_over(std::function<void()> act);
  // Applies `act` to each open connection that `which` selects, and counts the fault `kind`; null: it counts later.
  template <class Act>
  void act_on(Which which, const char* kind, Act act) {
    on_thread([&] { each(which, kind, act); });
  }

  // Only the thread calls these and touches what follows.
  void each(Which which, const char* kind, const std::function<void(ProxyConnection&)>& act);
  void turn();
  [[nodiscard]] int wait_ms() const;
  void accept_all();
  void open_door(Door door);
  void flap_step();
  void end_flapping();

  valkey::Endpoint upstream_;
  ProxyState state_;
  Door door_ = Door::kOpen;
  ProxyListener listener_;
  std::chrono::microseconds flap_up_{0}, flap_down_{0};
  uint64_t flap_due_us_ = ProxyPipe::kNever;  // kNever: it does not flap
  std::vector<std::unique_ptr<ProxyConnection>> connections_;

  int wake_ = -1;  // an eventfd: there are acts
  std::mutex mutex_;
  std::vector<std::function<void()>> acts_;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace orderd::test
