// How the proxy carries bytes: late, sliced, slow, paused, lost.
#include "chaos/fixtures.h"

using namespace orderd::test;
using namespace std::chrono_literals;
using Flow = LinkFaults::Flow;

namespace {

// A value and a pipeline of counts go through a connection, whole and in order.
void check_carried(ProxiedServer& trial, std::size_t bytes, int counts) {
  auto client = trial.client();
  const std::string text(bytes, 'x');
  CHECK(ask(client, {"SET", "text", text}) == "OK");
  CHECK(ask(client, {"GET", "text"}) == text);
  for (int i = 0; i < counts; ++i) client.append(command_of({"INCR", "n"}));
  for (int i = 1; i <= counts; ++i) REQUIRE((*client.read()).view().integer() == i);
}

}  // namespace

TEST_CASE("a proxy without faults forwards both directions unchanged") {
  ProxiedServer trial;
  check_carried(trial, 3'000'000, 20'000);
  CHECK(trial.proxy.commands("INCR") == 20'000);
  const ProxyStats stats = trial.proxy.stats();
  CHECK(stats.accepted == 1);
  CHECK(stats.bytes_lost == 0);
  CHECK(stats.queued == 0);
}

TEST_CASE("slow links deliver everything in order") {
  const std::pair<std::string, LinkFaults> rows[] = {
      {"latency and jitter", {.latency = 3ms, .jitter = 4ms}},
      {"single bytes", {.slice_max = 1}},
      {"slices and limited bandwidth", {.slice_max = 700, .bytes_per_second = 200'000}},
  };
  for (const auto& [name, faults] : rows) {
    CAPTURE(name);
    ProxiedServer trial;
    trial.proxy.set_both(faults);
    check_carried(trial, 20'000, 250);
  }
}

TEST_CASE("held bytes arrive when the flow resumes") {
  ProxiedServer trial;
  auto client = trial.client();
  trial.proxy.set(Direction::kToServer, {.flow = Flow::kHeld});
  client.append(command_of({"SET", "key", "1"}));
  client.append(command_of({"GET", "key"}));
  // A pipeline is sent with the first read; `queued` shows when the proxy has it.
  RawClient other(trial.proxy);
  other.send({"SET", "other", "2"});
  wait_for([&] { return trial.proxy.stats().queued > 0; }, kDeadline, "bytes to wait in the proxy");
  CHECK(trial.ask_server({"EXISTS", "key", "other"}) == "0");
  trial.proxy.set(Direction::kToServer, {});
  CHECK(other.read(5) == "+OK\r\n");
  CHECK((*client.read()).view().text() == "OK");
  CHECK((*client.read()).view().text() == "1");
}

TEST_CASE("held bytes are delivered after the client closes but not after a reset") {
  ProxiedServer trial;
  trial.proxy.set(Direction::kToServer, {.flow = Flow::kHeld});
  const auto queued = [&] { return trial.proxy.stats().queued > 0; };
  RawClient reset(trial.proxy);
  reset.send({"SET", "reset", "1"});
  wait_for(queued, kDeadline, "the first command to wait");
  trial.proxy.reset();
  {
    RawClient leaves(trial.proxy);
    leaves.send({"SET", "left", "1"});
    wait_for(queued, kDeadline, "the second command to wait");
  }
  trial.proxy.heal();
  wait_for([&] { return trial.ask_server({"EXISTS", "left"}) == "1"; }, kDeadline, "the late command");
  trial.wait_open(0);
  CHECK(trial.ask_server({"EXISTS", "reset"}) == "0");
}

TEST_CASE("black-holed bytes never arrive and the connection becomes unusable") {
  ProxiedServer trial;
  RawClient client(trial.proxy);
  client.check_served();
  trial.proxy.set(Direction::kToClient, {.flow = Flow::kBlackHole});
  client.send({"SET", "key", "1"});
  wait_for([&] { return trial.proxy.stats().bytes_lost == 5; }, kDeadline, "the reply to be lost");
  CHECK(trial.ask_server({"GET", "key"}) == "1");
  trial.proxy.set(Direction::kToClient, {});
  client.send({"GET", "key"});
  wait_for([&] { return trial.proxy.stats().bytes_lost == 12; }, kDeadline, "the next reply to be lost, too");
  CHECK(client.hears_nothing());
  trial.proxy.heal();
  client.check_ended(RawClient::End::kReset);
  trial.check_served();
}

TEST_CASE("a client that does not read cannot grow the queue past its limit") {
  ProxiedServer trial;
  const std::string large(100'000, 'x');
  const std::string reply = "$100000\r\n" + large + "\r\n";
  CHECK(trial.ask_server({"SET", "large", large}) == "OK");
  RawClient client(trial.proxy);
  trial.proxy.set(Direction::kToClient, {.flow = Flow::kHeld});
  client.send({"GET", "large"}, 300);
  wait_for([&] { return trial.proxy.stats().queued >= ProxyPipe::kQueueMax; }, kDeadline, "the queue to fill up");
  CHECK(trial.proxy.stats().queued <= ProxyPipe::kQueueMax + reply.size() + 64 * 1024);
  trial.proxy.set(Direction::kToClient, {});
  for (int i = 0; i < 300; ++i) REQUIRE(client.read(reply.size()) == reply);
}
