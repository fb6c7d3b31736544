// What the proxy does to connections: reset, close, half-close, refuse, stay silent, flap, inject.
#include "chaos/fixtures.h"

using namespace orderd::test;
using namespace std::chrono_literals;
using End = RawClient::End;

TEST_CASE("the client sees a reset as a reset and a close as EOF") {
  ProxiedServer trial;
  RawClient first(trial.proxy), second(trial.proxy);
  first.check_served();
  second.check_served();
  trial.proxy.close(1);
  second.check_ended(End::kOrderly);
  first.check_served();
  trial.proxy.reset();
  first.check_ended(End::kReset);
  trial.wait_open(0);
}

TEST_CASE("a reset comes after the requested byte") {
  ProxiedServer trial;
  RawClient reply(trial.proxy);
  reply.check_served();
  trial.proxy.reset_after(Direction::kToClient, 3);
  // The reset may overtake bytes in the client's kernel, as on a real network. The check is that no more arrived.
  reply.send({"PING"});
  CHECK(std::string("+PO").starts_with(reply.read()));
  CHECK(reply.end() == End::kReset);

  RawClient request(trial.proxy);
  request.check_served();
  trial.proxy.reset_after(Direction::kToServer, 28);
  request.send({"SET", "key", "1"});  // 29 bytes
  request.check_ended(End::kReset);
  CHECK(trial.ask_server({"EXISTS", "key"}) == "0");
  CHECK(trial.proxy.stats().resets == 2);
}

TEST_CASE("one half of a connection closes and the other stays open") {
  ProxiedServer trial;
  RawClient deaf(trial.proxy);
  deaf.check_served();
  trial.proxy.half_close(Direction::kToClient, 0);
  deaf.check_ended(End::kOrderly);
  deaf.send({"SET", "key", "1"});
  wait_for([&] { return trial.ask_server({"EXISTS", "key"}) == "1"; }, kDeadline, "the command to arrive");

  RawClient mute(trial.proxy);
  mute.check_served();
  trial.proxy.half_close(Direction::kToServer, 1);
  mute.check_ended(End::kOrderly);  // the server closes its half in response
}

TEST_CASE("a refusing proxy keeps its port and a silent one serves later") {
  ProxiedServer trial;
  trial.check_served();
  trial.wait_open(0);
  trial.proxy.set_door(Door::kRefused);
  CHECK_THROWS_AS(RawClient(trial.proxy), std::system_error);
  trial.proxy.set_door(Door::kSilent);
  RawClient waits(trial.proxy);
  waits.send({"PING"});
  trial.wait_open(1);
  CHECK(waits.hears_nothing());
  trial.proxy.set_door(Door::kOpen);
  CHECK(waits.read(7) == "+PONG\r\n");
}

TEST_CASE("clients are closed while the server is down and served when it is back") {
  ProxiedServer trial;
  auto client = trial.client();
  trial.server.kill();
  CHECK_FALSE(client.call(command_of({"PING"})).ok());
  RawClient(trial.proxy).check_ended(End::kOrderly);
  trial.server.start();
  trial.check_served();
}

TEST_CASE("a flapping proxy leaks no descriptor") {
  ProxiedServer trial;
  trial.check_served();
  trial.wait_open(0);
  const auto before = open_files("self");
  trial.proxy.flap(5ms, 3ms);
  std::size_t good = 0;
  const auto flapped = [&] {
    try {
      RawClient client(trial.proxy);
      client.send({"PING"});
      if (client.read(7) == "+PONG\r\n") ++good;
    } catch (const std::system_error&) {  // refused or reset: that is flapping
    }
    return good >= 10 && trial.proxy.stats().flaps >= 20;
  };
  wait_for(flapped, kDeadline, "twenty flaps with something served between them");
  trial.proxy.stop_flapping();
  trial.check_served();
  trial.wait_open(0);
  CHECK(open_files("self") == before);
}

TEST_CASE("injected bytes are delivered next") {
  ProxiedServer trial;
  RawClient client(trial.proxy);
  client.check_served();
  trial.proxy.inject("!garbage");
  CHECK(client.read(8) == "!garbage");
  client.check_served();
}
