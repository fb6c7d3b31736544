// What the proxy does to connections: reset, close, half-close, refuse, fall silent, flap, inject.
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

}  // namespace

TEST_CASE("a reset reaches the client as a reset and a close as an end") {
  ProxiedServer world;
  RawClient first(world.proxy.endpoint());
  RawClient second(world.proxy.endpoint());
  for (RawClient* client : {&first, &second}) {
    client->send(ping());
    CHECK(client->read(7) == "+PONG\r\n");
  }
  world.proxy.close(1);
  CHECK(second.read_all().empty());
  CHECK(second.end() == RawClient::End::kOrderly);
  first.send(ping());
  CHECK(first.read(7) == "+PONG\r\n");
  world.proxy.reset();
  CHECK(first.read_all().empty());
  CHECK(first.end() == RawClient::End::kReset);
  wait_for([&] { return world.proxy.stats().standing == 0; }, kPatience, "both to be gone");
}

TEST_CASE("a reset comes behind the byte that was asked for") {
  ProxiedServer world;
  RawClient reply(world.proxy.endpoint());
  reply.send(ping());
  CHECK(reply.read(7) == "+PONG\r\n");
  world.proxy.reset_after(Direction::kToClient, 3);
  // The reset may overtake bytes that wait in the client's kernel, as a network's may: what counts is that no more
  // came.
  reply.send(ping());
  CHECK(std::string("+PO").starts_with(reply.read_all()));
  CHECK(reply.end() == RawClient::End::kReset);

  RawClient request(world.proxy.endpoint());
  request.send(ping());
  CHECK(request.read(7) == "+PONG\r\n");
  const std::string bytes = command_bytes({"SET", "key", "1"});
  world.proxy.reset_after(Direction::kToServer, bytes.size() - 1);
  request.send(bytes);
  CHECK(request.read_all().empty());
  CHECK(request.end() == RawClient::End::kReset);
  CHECK(world.ask_server({"EXISTS", "key"}) == "0");
  CHECK(world.proxy.stats().played["reset"] == 2);
}

TEST_CASE("the same seed chooses the same bytes") {
  ProxiedServer world;
  FaultProxy one(world.server.endpoint(), 7);
  FaultProxy two(world.server.endpoint(), 7);
  for (int i = 0; i < 20; ++i) {
    const uint64_t bytes = one.reset_somewhere(Direction::kToClient, 1000);
    CHECK(bytes >= 1);
    CHECK(bytes <= 1000);
    CHECK(two.reset_somewhere(Direction::kToClient, 1000) == bytes);
  }
}

TEST_CASE("half a connection ends and the other half goes on") {
  ProxiedServer world;
  RawClient deaf(world.proxy.endpoint());
  deaf.send(ping());
  CHECK(deaf.read(7) == "+PONG\r\n");
  world.proxy.half_close(Direction::kToClient, 0);
  CHECK(deaf.read_all().empty());
  CHECK(deaf.end() == RawClient::End::kOrderly);
  deaf.send(command_bytes({"SET", "key", "1"}));
  wait_for([&] { return world.ask_server({"EXISTS", "key"}) == "1"; }, kPatience, "the command to arrive");

  RawClient mute(world.proxy.endpoint());
  mute.send(ping());
  CHECK(mute.read(7) == "+PONG\r\n");
  world.proxy.half_close(Direction::kToServer, 1);
  CHECK(mute.read_all().empty());  // the server answers an end with its own
  CHECK(mute.end() == RawClient::End::kOrderly);
}

TEST_CASE("a refused door keeps its port and a silent one serves late") {
  ProxiedServer world;
  CHECK(world.reachable());
  world.proxy.set_door(Door::kRefused);
  CHECK_THROWS_AS(RawClient(world.proxy.endpoint()), std::system_error);
  world.proxy.set_door(Door::kSilent);
  RawClient waits(world.proxy.endpoint());
  waits.send(ping());
  wait_for([&] { return world.proxy.stats().standing == 1; }, kPatience, "the client to be let in");
  CHECK(waits.peek().empty());
  world.proxy.set_door(Door::kOpen);
  CHECK(waits.read(7) == "+PONG\r\n");
}

TEST_CASE("clients are closed while the server is away and served when it is back") {
  ProxiedServer world;
  auto client = world.client();
  world.server.kill();
  CHECK_FALSE(client.call(command_of({"PING"})).ok());
  RawClient early(world.proxy.endpoint());
  CHECK(early.read_all().empty());
  CHECK(early.end() == RawClient::End::kOrderly);
  CHECK(world.proxy.stats().upstream_failed >= 1);
  world.server.start();
  CHECK(world.reachable());
}

TEST_CASE("a server on TCP is served as well as one on a unix socket") {
  ServerOptions options;
  options.tcp = true;
  ValkeyServer server(options);
  FaultProxy proxy(server.tcp_endpoint(), 1);
  RawClient client(proxy.endpoint());
  client.send(ping());
  CHECK(client.read(7) == "+PONG\r\n");
  proxy.reset();
  CHECK(client.read_all().empty());
  CHECK(client.end() == RawClient::End::kReset);
  server.kill();
  RawClient early(proxy.endpoint());
  CHECK(early.read_all().empty());
  wait_for([&] { return proxy.stats().upstream_failed == 1; }, kPatience, "the failure to be counted");
}

TEST_CASE("a flapping proxy leaks no descriptor") {
  ProxiedServer world;
  CHECK(world.reachable());
  wait_for([&] { return world.proxy.stats().standing == 0; }, kPatience, "the client to be gone");
  const auto before = open_files();
  world.proxy.flap(5ms, 3ms);
  std::size_t good = 0;
  wait_for(
      [&] {
        try {
          RawClient client(world.proxy.endpoint());
          client.send(ping());
          if (client.read(7) == "+PONG\r\n") ++good;
        } catch (const std::system_error&) {  // refused, or gone already: what flapping is
        }
        return good >= 10 && world.proxy.stats().played["flap"] >= 20;
      },
      kPatience, "twenty flaps with something served between them");
  world.proxy.stop_flapping();
  CHECK(world.reachable());
  wait_for([&] { return world.proxy.stats().standing == 0; }, kPatience, "all to be gone");
  CHECK(open_files() == before);
}

TEST_CASE("injected bytes come next") {
  ProxiedServer world;
  RawClient client(world.proxy.endpoint());
  client.send(ping());
  CHECK(client.read(7) == "+PONG\r\n");
  world.proxy.inject("!garbage");
  CHECK(client.read(8) == "!garbage");
  client.send(ping());
  CHECK(client.read(7) == "+PONG\r\n");
}
