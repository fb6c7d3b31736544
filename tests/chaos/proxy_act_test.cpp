// What the proxy does to connections: reset, half-close, refuse, stay silent, inject.
#include "chaos/fixtures.h"

using namespace orderd::test;
using namespace std::chrono_literals;
using End = RawClient::End;

TEST_CASE("the client sees a reset as a reset") {
  ProxiedServer trial;
  RawClient first(trial.proxy), second(trial.proxy);
  first.check_served();
  second.check_served();
  trial.proxy.reset();
  first.check_ended(End::kReset);
  second.check_ended(End::kReset);
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
}

TEST_CASE("one half of a connection closes and the other stays open") {
  ProxiedServer trial;
  RawClient deaf(trial.proxy);
  deaf.check_served();
  trial.proxy.half_close(Direction::kToClient);
  deaf.check_ended(End::kOrderly);
  deaf.send({"SET", "key", "1"});
  wait_for([&] { return trial.ask_server({"EXISTS", "key"}) == "1"; }, kDeadline, "the command to arrive");

  RawClient mute(trial.proxy);
  mute.check_served();
  trial.proxy.half_close(Direction::kToServer);
  mute.check_ended(End::kOrderly);  // the server closes its half in response
}

TEST_CASE("a refusing proxy keeps its port and a silent one serves later") {
  ProxiedServer trial;
  const auto files = open_files("self");
  for (int i = 0; i < 20; ++i) {
    trial.proxy.set_door(Door::kOpen);
    trial.check_served();
    trial.proxy.set_door(Door::kRefused);
    CHECK_THROWS_AS(RawClient(trial.proxy), std::system_error);
  }
  trial.wait_open(0);
  CHECK(open_files("self") == files);
  trial.proxy.set_door(Door::kSilent);
  RawClient waits(trial.proxy);
  waits.send({"PING"});
  trial.wait_open(1);
  CHECK(waits.hears_nothing());
  trial.proxy.set_door(Door::kOpen);
  CHECK(waits.read(7) == "+PONG\r\n");
}

TEST_CASE("injected bytes are delivered next") {
  ProxiedServer trial;
  RawClient client(trial.proxy);
  client.check_served();
  trial.proxy.inject("!garbage");
  CHECK(client.read(8) == "!garbage");
  client.check_served();
}
