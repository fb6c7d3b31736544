// A fault proxy: stands between orderd and Valkey on a TCP port of 127.0.0.1 and plays what networks do.
//
//   FaultProxy proxy(server.endpoint(), seed);                      orderd is given proxy.url()
//   proxy.set(Direction::kToClient, {.latency = 50ms, .jitter = 20ms, .slice_max = 1});
//   const auto lost = proxy.add(Trigger::on("EVALSHA").after(2).swallow_reply());
//   wait_for([&] { return proxy.fired(lost) == 1; }, …);
//   proxy.heal();
//
// It runs on a thread and a loop of its own. Each function may be called from any thread; it returns when the proxy has
// carried it out, and what it changes holds for the bytes that the proxy reads or delivers from then on. Everything
// random (jitter, sizes of slices, byte positions) comes from the seed.
//
// It follows RESP2: commands reach the server whole, unless a fault cuts them, and each reply is matched with its
// command. A connection that talks anything else (TLS, RESP3 pushes) is passed on as it is, and sets off no trigger.
//
// Memory: a connection's side is not read while more than kQueueMax bytes wait for the other side.
// Functions throw std::runtime_error where the machine refuses (no port, no descriptor) and std::invalid_argument where
// what is asked makes no sense.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "chaos/proxy_faults.h"
#include "valkey/endpoint.h"

namespace orderd::test {

class ProxyCore;

class FaultProxy {
 public:
  // For each direction of each connection. One read (64 KiB) may come on top; a single command of more than this is
  // passed on in pieces.
  static constexpr std::size_t kQueueMax = std::size_t{1} << 20U;
  using ConnectionNumber = uint64_t;  // the first to be accepted is 0
  using TriggerId = std::size_t;
  // Which connections an act is meant for; nullopt: all that stand.
  using Which = std::optional<ConnectionNumber>;

  // Listens at once. `upstream`: a unix socket or a TCP address in digits; it need not be there yet: a client whose way
  // on fails is closed, the next one is tried anew.
  FaultProxy(const valkey::Endpoint& upstream, uint64_t seed);
  // Ends all connections.
  ~FaultProxy();
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;

  [[nodiscard]] valkey::Endpoint endpoint() const;  // what a client is given: the upstream's user and database, too
  [[nodiscard]] std::string url() const;            // the same for ORDERD_VALKEY_URL: valkey://127.0.0.1:PORT

  // How bytes are carried from now on, on standing and new connections, those that wait in the proxy included.
  void set(Direction direction, const LinkFaults& faults);
  void set_both(const LinkFaults& faults);

  void set_door(Door door);
  // In turn for `up` (open) and for `down` (all connections reset, door refused), until stop_flapping() or heal(),
  // which leave the door open. It begins with down.
  void flap(std::chrono::milliseconds up, std::chrono::milliseconds down);
  void stop_flapping();

  // Acts. What waits in the proxy is lost with a connection that ends. A number that does not stand: nothing happens.
  void reset(Which which = std::nullopt);  // RST to the client (and to a TCP server)
  void close(Which which = std::nullopt);  // an end in good order on both sides
  // When so many more bytes have been delivered in that direction. The youngest call counts.
  void reset_after(Direction direction, uint64_t bytes, Which which = std::nullopt);
  // The same behind a byte that the seed chooses, from 1 to `bytes_max`. Answers which.
  uint64_t reset_somewhere(Direction direction, uint64_t bytes_max, Which which = std::nullopt);
  // kToClient: the client sees the end, its commands still arrive. kToServer: the other way round.
  void half_close(Direction direction, Which which = std::nullopt);
  // These bytes go to the client next, wherever its replies just are.
  void inject(std::string bytes, Which which = std::nullopt);

  TriggerId add(const Trigger& trigger);
  // How often it was played: a lost command counts when it is read, what is done to a reply when that reply comes.
  [[nodiscard]] uint64_t fired(TriggerId trigger);
  // What it holds goes on, and it fires no more.
  void release(TriggerId trigger);
  // It fires no more; what it holds stays held.
  void remove(TriggerId trigger);

  // Plain passing: flows, door open, no flapping, no trigger, nothing held, no reset to come. Connections that have
  // lost bytes cannot be mended; they are reset.
  void heal();

  [[nodiscard]] ProxyStats stats();
  // The youngest standing connection whose last command began so.
  [[nodiscard]] Which connection_of(std::string_view first);
  // How many commands were read from clients that have this first word.
  [[nodiscard]] uint64_t commands(std::string_view first);

 private:
  // Runs `act` on the loop's thread and returns when it is done; what it throws is thrown here.
  void on_loop(const std::function<void(ProxyCore&)>& act);

  valkey::Endpoint upstream_;
  struct Mailbox;
  std::unique_ptr<Mailbox> mailbox_;
  std::unique_ptr<ProxyCore> core_;
  std::thread thread_;
};

}  // namespace orderd::test
