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
// command.
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
  // Starts listening; throws std::runtime_error if it cannot. The server need not be up yet: a client that cannot be
  // connected to it is closed, and the next client causes a new attempt.
  FaultProxy(const valkey::Endpoint& upstream, uint64_t seed);
  // Closes all connections.
  ~FaultProxy();
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;

  [[nodiscard]] uint16_t port() const { return port_; }
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
  // RST to the clients; bytes queued in the proxy are lost.
  void reset() {
    each([](auto& connection) { connection.end(ProxyConnection::End::kReset); });
  }
  // Resets after this many more bytes in that direction, at least 1. The last call wins.
  void reset_after(Direction direction, uint64_t bytes) {
    each([&](auto& connection) { connection.pipe(direction).reset_after(bytes); });
  }
  // kToClient: the clients see EOF, their commands still arrive. kToServer: the reverse.
  void half_close(Direction direction) {
    each([&](auto& connection) { connection.pipe(direction).push(ProxyPipe::Mark::kEof); });
  }
  // Sends these bytes to all clients next, even in the middle of a reply.
  void inject(const std::string& bytes) {
    each([&](auto& connection) { connection.to_client.inject(bytes); });
  }

  // From now on this is the trigger, in place of any other. It fires once.
  void arm(const Trigger& trigger) {
    on_thread([&] { state_.arm(&trigger); });
  }
  // A lost command counts when it is read, a reply fault when the reply arrives.
  [[nodiscard]] bool fired() {
    return on_thread([this] { return state_.fired; });
  }

  // Back to plain forwarding: no flow faults, no trigger, nothing held, no pending reset. Connections that
  // lost bytes are reset.
  void heal();

  [[nodiscard]] ProxyStats stats();
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
  // Applies `act` to each connection.
  void each(const std::function<void(ProxyConnection&)>& act) {
    on_thread([&] { each_now(act); });
  }

  // Only the thread calls these and touches what follows.
  void each_now(const std::function<void(ProxyConnection&)>& act);
  void turn();
  [[nodiscard]] int wait_ms() const;
  void accept_all();
  void open_door(Door door);

  std::string upstream_;  // a Unix socket
  ProxyState state_;
  Door door_ = Door::kOpen;
  uint16_t port_ = 0;
  int listener_ = -1;  // bound to the port all the time; it listens unless connections are refused
  std::vector<std::unique_ptr<ProxyConnection>> connections_;

  int wake_ = -1;  // an eventfd: there are acts
  std::mutex mutex_;
  std::vector<std::function<void()>> acts_;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace orderd::test
