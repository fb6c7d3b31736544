// What the proxy does to connections: reset, close, half-close, refuse, stay silent, flap, inject.
#include <doctest/doctest.h>

#include <filesystem>

#include "chaos/proxy_fixture.h"

using namespace orderd::test;
using namespace std::chrono_literals;

namespace {

std::ptrdiff_t open_files() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return std::distance(begin(all), end(all));
}

std::string ping() {
  return command_bytes({"PING"});
}

void check_served(RawClient& client) {
  client.send(ping());
  CHECK(client.read(7) == "+PONG\r\n");
}

void check_ended(RawClient& client, RawClient::End how) {
  CHECK(client.read_all().empty());
  CHECK(client.end() == how);
}

}  // namespace

TEST_CASE("the client sees a reset as a reset and a close as EOF") {
  ProxiedServer trial;
  RawClient first(trial.proxy.endpoint());
  RawClient second(trial.proxy.endpoint());
  check_served(first);
  check_served(second);
  trial.proxy.close(1);
  check_ended(second, RawClient::End::kOrderly);
  check_served(first);
  trial.proxy.reset();
  check_ended(first, RawClient::End::kReset);
  wait_for([&] { return trial.proxy.stats().open == 0; }, kPatience, "both to be gone");
}

TEST_CASE("a reset comes after the requested byte") {
  ProxiedServer trial;
  RawClient reply(trial.proxy.endpoint());
  check_served(reply);
  trial.proxy.reset_after(Direction::kToClient, 3);
  // The reset may overtake bytes in the client's kernel, as on a real network. The check is that no more arrived.
  reply.send(ping());
  CHECK(std::string("+PO").starts_with(reply.read_all()));
  CHECK(reply.end() == RawClient::End::kReset);

  RawClient request(trial.proxy.endpoint());
  check_served(request);
  const std::string bytes = command_bytes({"SET", "key", "1"});
  trial.proxy.reset_after(Direction::kToServer, bytes.size() - 1);
  request.send(bytes);
  check_ended(request, RawClient::End::kReset);
  CHECK(trial.ask_server({"EXISTS", "key"}) == "0");
  CHECK(trial.proxy.stats().played["reset"] == 2);
}

TEST_CASE("the same seed chooses the same bytes") {
  ProxiedServer trial;
  FaultProxy one(trial.server.endpoint(), 7);
  FaultProxy two(trial.server.endpoint(), 7);
  for (int i = 0; i < 20; ++i) {
    const uint64_t bytes = one.reset_somewhere(Direction::kToClient, 1000);
    CHECK(bytes >= 1);
    CHECK(bytes <= 1000);
    CHECK(two.reset_somewhere(Direction::kToClient, 1000) == bytes);
  }
}

TEST_CASE("one half of a connection closes and the other stays open") {
  ProxiedServer trial;
  RawClient deaf(trial.proxy.endpoint());
  check_served(deaf);
  trial.proxy.half_close(Direction::kToClient, 0);
  check_ended(deaf, RawClient::End::kOrderly);
  deaf.send(command_bytes({"SET", "key", "1"}));
  wait_for([&] { return trial.ask_server({"EXISTS", "key"}) == "1"; }, kPatience, "the command to arrive");

  RawClient mute(trial.proxy.endpoint());
  check_served(mute);
  trial.proxy.half_close(Direction::kToServer, 1);
  check_ended(mute, RawClient::End::kOrderly);  // the server closes its half in response
}

TEST_CASE("a refusing proxy keeps its port and a silent one serves later") {
  ProxiedServer trial;
  CHECK(trial.reachable());
  trial.proxy.set_door(Door::kRefused);
  CHECK_THROWS_AS(RawClient(trial.proxy.endpoint()), std::system_error);
  trial.proxy.set_door(Door::kSilent);
  RawClient waits(trial.proxy.endpoint());
  waits.send(ping());
  wait_for([&] { return trial.proxy.stats().open == 1; }, kPatience, "the client to be let in");
  CHECK(waits.peek().empty());
  trial.proxy.set_door(Door::kOpen);
  CHECK(waits.read(7) == "+PONG\r\n");
}

TEST_CASE("clients are closed while the server is down and served when it is back") {
  ProxiedServer trial;
  auto client = trial.client();
  trial.server.kill();
  CHECK_FALSE(client.call(command_of({"PING"})).ok());
  RawClient early(trial.proxy.endpoint());
  check_ended(early, RawClient::End::kOrderly);
  CHECK(trial.proxy.stats().upstream_failed >= 1);
  trial.server.start();
  CHECK(trial.reachable());
}

TEST_CASE("the server can be on TCP as well as on a Unix socket") {
  ServerOptions options;
  options.tcp = true;
  ValkeyServer server(options);
  FaultProxy proxy(server.tcp_endpoint(), 1);
  RawClient client(proxy.endpoint());
  check_served(client);
  proxy.reset();
  check_ended(client, RawClient::End::kReset);
  server.kill();
  RawClient early(proxy.endpoint());
  CHECK(early.read_all().empty());
  wait_for([&] { return proxy.stats().upstream_failed == 1; }, kPatience, "the failure to be counted");
}

TEST_CASE("a flapping proxy leaks no descriptor") {
  ProxiedServer trial;
  CHECK(trial.reachable());
  wait_for([&] { return trial.proxy.stats().open == 0; }, kPatience, "the client to be gone");
  const auto before = open_files();
  trial.proxy.flap(5ms, 3ms);
  std::size_t good = 0;
  wait_for(
      [&] {
        try {
          RawClient client(trial.proxy.endpoint());
          client.send(ping());
          if (client.read(7) == "+PONG\r\n") ++good;
        } catch (const std::system_error&) {  // refused or reset: that is flapping
        }
        return good >= 10 && trial.proxy.stats().played["flap"] >= 20;
      },
      kPatience, "twenty flaps with something served between them");
  trial.proxy.stop_flapping();
  CHECK(trial.reachable());
  wait_for([&] { return trial.proxy.stats().open == 0; }, kPatience, "all to be gone");
  CHECK(open_files() == before);
}

TEST_CASE("injected bytes are delivered next") {
  ProxiedServer trial;
  RawClient client(trial.proxy.endpoint());
  check_served(client);
  trial.proxy.inject("!garbage");
  CHECK(client.read(8) == "!garbage");
  check_served(client);
}
