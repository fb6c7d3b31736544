// How the proxy carries bytes: late, sliced, slow, paused, lost.
#include <doctest/doctest.h>

#include "chaos/proxy_fixture.h"

using namespace orderd::test;
using namespace std::chrono_literals;
using Flow = LinkFaults::Flow;

TEST_CASE("a proxy without faults forwards both directions unchanged") {
  ProxiedServer trial;
  auto client = trial.client();
  const std::string large(3'000'000, 'x');
  CHECK(ask(client, {"SET", "large", large}) == "OK");
  CHECK(ask(client, {"GET", "large"}) == large);
  for (int i = 0; i < 20000; ++i) client.append(command_of({"INCR", "n"}));
  for (int i = 1; i <= 20000; ++i) REQUIRE((*client.read()).view().integer() == i);
  CHECK(trial.proxy.commands("incr") == 20000);
  const ProxyStats stats = trial.proxy.stats();
  CHECK(stats.accepted == 1);
  CHECK(stats.open == 1);
  CHECK(stats.bytes_to_server > large.size());
  CHECK(stats.bytes_to_client > large.size());
  CHECK(stats.bytes_lost == 0);
  CHECK(stats.queued == 0);
}

TEST_CASE("latency with jitter keeps replies in order") {
  ProxiedServer trial;
  trial.proxy.set_both({.latency = 3ms, .jitter = 4ms});
  auto client = trial.client();
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 50; ++i) client.append(command_of({"INCR", "n"}));
    for (int i = 1; i <= 50; ++i) CHECK((*client.read()).view().integer() == round * 50 + i);
  }
  CHECK(trial.proxy.stats().played["slow"] == 2);
}

TEST_CASE("single bytes in both directions arrive whole") {
  ProxiedServer trial;
  trial.proxy.set_both({.slice_max = 1});
  auto client = trial.client();
  const std::string text(5000, 'y');
  CHECK(ask(client, {"SET", "text", text}) == "OK");
  CHECK(ask(client, {"GET", "text"}) == text);
}

TEST_CASE("everything arrives with limited bandwidth") {
  ProxiedServer trial;
  trial.proxy.set_both({.slice_max = 700, .bytes_per_second = 200'000});
  auto client = trial.client();
  const std::string text(20'000, 'z');
  CHECK(ask(client, {"SET", "text", text}) == "OK");
  CHECK(ask(client, {"GET", "text"}) == text);
}

TEST_CASE("held bytes arrive when the flow resumes") {
  ProxiedServer trial;
  auto client = trial.client();
  trial.proxy.set(Direction::kToServer, {.flow = Flow::kHeld});
  client.append(command_of({"SET", "key", "1"}));
  client.append(command_of({"GET", "key"}));
  // A pipeline is sent with the first read; `queued` shows when the proxy has it.
  RawClient other(trial.proxy.endpoint());
  other.send(command_bytes({"SET", "other", "2"}));
  wait_for([&] { return trial.proxy.stats().queued > 0; }, kPatience, "bytes to wait in the proxy");
  CHECK(trial.ask_server({"EXISTS", "key", "other"}) == "0");
  trial.proxy.set(Direction::kToServer, {});
  CHECK(other.read(5) == "+OK\r\n");
  CHECK((*client.read()).view().text() == "OK");
  CHECK((*client.read()).view().text() == "1");
}

TEST_CASE("held bytes are delivered after the client closes but not after a reset") {
  ProxiedServer trial;
  trial.proxy.set(Direction::kToServer, {.flow = Flow::kHeld});
  {
    RawClient leaves(trial.proxy.endpoint());
    leaves.send(command_bytes({"SET", "left", "1"}));
    RawClient reset(trial.proxy.endpoint());
    reset.send(command_bytes({"SET", "reset", "1"}));
    wait_for([&] { return trial.proxy.stats().queued >= 60; }, kPatience, "both commands to wait");
    trial.proxy.reset(1);
  }
  trial.proxy.heal();
  wait_for([&] { return trial.ask_server({"EXISTS", "left"}) == "1"; }, kPatience, "the late command");
  wait_for([&] { return trial.proxy.stats().open == 0; }, kPatience, "both connections to end");
  CHECK(trial.ask_server({"EXISTS", "reset"}) == "0");
}

TEST_CASE("black-holed bytes never arrive and the connection becomes unusable") {
  ProxiedServer trial;
  RawClient client(trial.proxy.endpoint());
  client.send(command_bytes({"PING"}));
  CHECK(client.read(7) == "+PONG\r\n");
  trial.proxy.set(Direction::kToClient, {.flow = Flow::kBlackHole});
  client.send(command_bytes({"SET", "key", "1"}));
  wait_for([&] { return trial.proxy.stats().bytes_lost == 5; }, kPatience, "the reply to be lost");
  CHECK(trial.ask_server({"GET", "key"}) == "1");
  trial.proxy.set(Direction::kToClient, {});
  client.send(command_bytes({"GET", "key"}));
  wait_for([&] { return trial.proxy.stats().bytes_lost == 12; }, kPatience, "the next reply to be lost, too");
  CHECK(client.peek().empty());
  trial.proxy.heal();
  CHECK(client.read_all().empty());
  CHECK(client.end() == RawClient::End::kReset);
  CHECK(trial.reachable());
}

TEST_CASE("a client that does not read cannot grow the queue past its limit") {
  ProxiedServer trial;
  const std::string large(8'000'000, 'x');
  CHECK(trial.ask_server({"SET", "large", large}) == "OK");
  RawClient client(trial.proxy.endpoint());
  trial.proxy.set(Direction::kToClient, {.flow = Flow::kHeld});
  for (int i = 0; i < 4; ++i) client.send(command_bytes({"GET", "large"}));
  wait_for([&] { return trial.proxy.stats().queued >= kProxyQueueMax; }, kPatience, "the queue to fill up");
  trial.proxy.set(Direction::kToClient, {});
  const std::string reply = "$8000000\r\n" + large + "\r\n";
  for (int i = 0; i < 4; ++i) REQUIRE(client.read(reply.size()) == reply);
  CHECK(trial.proxy.stats().queued_peak <= kProxyQueueMax + 64 * 1024);
}
