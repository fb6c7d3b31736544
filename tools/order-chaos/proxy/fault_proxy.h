// A fault proxy between orderd and a Valkey on a Unix socket, on a TCP port of 127.0.0.1. It injects network faults.
//
//   FaultProxy proxy(server.endpoint(), seed);                      orderd is given proxy.url()
//   proxy.set(Direction::kToClient, {.latency = 50ms, .jitter = 20ms, .slice_max = 1});
//   proxy.arm(Trigger::on("EVALSHA").after(2).swallow_reply());
//   wait_for([&] { return proxy.fired(); }, …);
//   proxy.heal();
//
// It runs on its own thread. Any thread may call any function; the call returns when the proxy has applied it.
// It affects all bytes that the proxy reads or delivers afterwards. Jitter and slice sizes come from the seed.
//
// It parses RESP2: it forwards a command or a reply only when it has all of it, and matches each reply with its
// command. A connection that uses anything else (TLS, RESP3 pushes) is forwarded as is and fires no trigger.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <thread>

#include "order-chaos/proxy/proxy_connection.h"
#include "valkey/endpoint.h"

namespace orderd::test {

class FaultProxy {
 public:
  // Which connection to act on, the first to be accepted being 0; nullopt: all that are open.
  using Which = std::optional<uint64_t>;

  // Starts listening; throws std::runtime_error if it cannot. The server need not be up yet: a client that cannot be
  // connected to it is closed, and the next client causes a new attempt.
  FaultProxy(const valkey::Endpoint& upstream, uint64_t seed);
  // Closes all connections.
  ~FaultProxy();
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;

  [[nodiscard]] valkey::Endpoint endpoint() const;  // for the client; has the upstream's user and database
  [[nodiscard]] std::string url() const { return "valkey://127.0.0.1:" + std::to_string(port_); }

  // How bytes are carried from now on: on open and new connections, and for bytes already queued in the proxy.
  void set(Direction direction, const LinkFaults& faults) {
    on_thread([&] { state_.faults(direction) = faults; });
  }
  void set_both(const LinkFaults& faults) {
    on_thread([&] { state_.to_server = state_.to_client = faults; });
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

  // RST to the client. Like close(), bytes queued in the proxy are lost, and it has no effect if there is no such
  // connection.
  void reset(Which which = std::nullopt) {
    act_on(which, [](auto& connection) { connection.end(ProxyConnection::End::kReset); });
  }
  void close(Which which = std::nullopt) {  // orderly close of both sides
    act_on(which, [](auto& connection) { connection.end(ProxyConnection::End::kClose); });
  }
  // Resets after this many more bytes in that direction, at least 1. The last call wins.
  void reset_after(Direction direction, uint64_t bytes) {
    act_on(std::nullopt, [&](auto& connection) { connection.pipe(direction).reset_after(bytes); });
  }
  // kToClient: the client sees EOF, its commands still arrive. kToServer: the reverse.
  void half_close(Direction direction, Which which = std::nullopt) {
    act_on(which, [&](auto& connection) { connection.pipe(direction).push(ProxyPipe::Mark::kEof); });
  }
  // Sends these bytes to all clients next, even in the middle of a reply.
  void inject(const std::string& bytes) {
    act_on(std::nullopt, [&](auto& connection) { connection.to_client.inject(bytes); });
  }

  // From now on this is the trigger, in place of any other. It fires once.
  void arm(const Trigger& trigger) {
    on_thread([&] { state_.arm(trigger); });
  }
  // A lost command counts when it is read, a reply fault when the reply arrives.
  [[nodiscard]] bool fired() {
    return on_thread([this] { return state_.fired; });
  }
  // Ends the trigger, and releases the reply that it holds.
  void release() {
    on_thread([this] { state_.disarm(); });
  }

  // Back to plain forwarding: no flow faults, no flapping, no trigger, nothing held, no pending reset. Connections that
  // lost bytes are reset.
  void heal();

  [[nodiscard]] ProxyStats stats();
  // The newest open connection whose last command was this.
  [[nodiscard]] Which connection_of(std::string_view command);
  // How many of these commands clients have sent.
  [[nodiscard]] uint64_t commands(const std::string& command) {
    return on_thread([&] { return state_.commands[command]; });
  }

 private:
  // Runs `act` on the proxy's thread and waits for it.
  template <class Act>
  std::invoke_result_t<Act> on_thread(Act act) {
    std::packaged_task<std::invoke_result_t<Act>()> task(std::move(act));
    auto done = task.get_future();
    hand_over([&task] { task(); });
    return done.get();
  }
  void hand_over(std::function<void()> act);
  void act_on(Which which, const std::function<void(ProxyConnection&)>& act) {
    on_thread([&] { each(which, act); });
  }

  // Only the thread calls these and touches what follows.
  void each(Which which, const std::function<void(ProxyConnection&)>& act);
  void turn();
  [[nodiscard]] int wait_ms() const;
  void accept_all();
  void open_door(Door door);
  void flap_step();
  void end_flapping();

  valkey::Endpoint upstream_;
  ProxyState state_;
  Door door_ = Door::kOpen;
  uint16_t port_ = 0;
  int listener_ = -1;  // bound to the port all the time; it listens unless connections are refused
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
