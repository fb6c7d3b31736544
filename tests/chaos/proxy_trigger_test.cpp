// Faults that wait for a command or its reply.
#include <doctest/doctest.h>

#include "chaos/proxy_fixture.h"

using namespace orderd::test;
using Then = Trigger::Then;

namespace {

constexpr std::size_t kEntries = 300;

void fill(ProxiedServer& world) {
  auto direct = world.server.client();
  for (std::size_t i = 0; i < kEntries; ++i) xadd(direct, "orders", {{"id", std::to_string(i)}, {"sku", "shoe"}});
  CHECK(ask(direct, {"XGROUP", "CREATE", "orders", "orderd", "0"}) == "OK");
}

const std::vector<std::string> kRead = {"XREADGROUP", "GROUP",   "orderd", "one", "COUNT",
                                        "200",        "STREAMS", "orders", ">"};

}  // namespace

TEST_CASE("the third reply is swallowed and its command was carried out") {
  ProxiedServer world;
  const auto lost = world.proxy.add(Trigger::on("INCR").after(2).swallow_reply());
  RawClient client(world.proxy.endpoint());
  std::string all;
  for (int i = 0; i < 5; ++i) all += command_bytes({"INCR", "n"});
  client.send(all);
  const std::string replies = client.read_all();
  CHECK(std::string(":1\r\n:2\r\n").starts_with(replies));
  CHECK(client.end() == RawClient::End::kReset);
  CHECK(world.proxy.fired(lost) == 1);
  CHECK(std::stoi(world.ask_server({"GET", "n"})) >= 3);
  auto next = world.client();
  CHECK(ask_number(next, {"INCR", "n"}) >= 4);
  CHECK(world.proxy.fired(lost) == 1);
}

TEST_CASE("a trigger without a fault only counts") {
  ProxiedServer world;
  const auto seen = world.proxy.add(Trigger::on("config get").with("maxmemory").always());
  auto client = world.client();
  for (const char* name : {"maxmemory", "dir", "maxmemory"}) (void)send(client, command_of({"CONFIG", "GET", name}));
  CHECK(world.proxy.fired(seen) == 2);
}

TEST_CASE("a lost command does not reach the server and those before it do") {
  ProxiedServer world;
  const auto lost = world.proxy.add(Trigger::on("set").with("third").lose_command().then(Then::kClose));
  RawClient client(world.proxy.endpoint());
  std::string all;
  for (const char* key : {"first", "second", "third", "fourth"}) all += command_bytes({"SET", key, "1"});
  client.send(all);
  CHECK(std::string("+OK\r\n+OK\r\n").starts_with(client.read_all()));
  wait_for([&] { return world.ask_server({"EXISTS", "first", "second"}) == "2"; }, kPatience, "the first two");
  CHECK(world.ask_server({"EXISTS", "third", "fourth"}) == "0");
  CHECK(world.proxy.fired(lost) == 1);
}

TEST_CASE("a lost command with silence leaves a client that waits") {
  ProxiedServer world;
  const auto lost = world.proxy.add(Trigger::on("SET").lose_command().then(Then::kSilence));
  RawClient client(world.proxy.endpoint());
  client.send(command_bytes({"SET", "key", "1"}) + command_bytes({"PING"}));
  wait_for([&] { return world.proxy.fired(lost) == 1; }, kPatience, "the command to be lost");
  CHECK(world.ask_server({"EXISTS", "key"}) == "0");
  CHECK(client.peek().empty());
  world.proxy.heal();
  CHECK(client.read_all().empty());
  CHECK(client.end() == RawClient::End::kReset);
}

TEST_CASE("a reply is cut behind an entry and what was read stays pending") {
  for (const bool close : {true, false}) {
    ProxiedServer world;
    fill(world);
    const auto cut = world.proxy.add(
        Trigger::on("XREADGROUP").cut_reply_after_entries(100).then(close ? Then::kClose : Then::kReset));
    RawClient client(world.proxy.endpoint());
    std::vector<std::string> few = kRead;
    few[5] = "50";
    client.send(command_bytes(few) + command_bytes(kRead));
    const std::string got = client.read_all();
    CHECK(client.end() == (close ? RawClient::End::kOrderly : RawClient::End::kReset));
    CHECK(world.proxy.fired(cut) == 1);
    auto direct = world.server.client();
    CHECK(pending_count(direct, "orders", "orderd") == 250);
    std::size_t entries = 0;
    for (std::size_t at = got.find("$3\r\nsku"); at != std::string::npos; at = got.find("$3\r\nsku", at + 1)) ++entries;
    CHECK(entries <= 150);
    if (close) CHECK(entries == 150);
    if (close) CHECK(got.ends_with("$4\r\nshoe\r\n"));
  }
}

TEST_CASE("a reply is cut behind any byte") {
  ProxiedServer world;
  CHECK(world.ask_server({"SET", "key", "abcdefgh"}) == "OK");
  const std::string whole = "$8\r\nabcdefgh\r\n";
  for (std::size_t bytes = 1; bytes <= whole.size(); ++bytes) {
    const auto cut = world.proxy.add(Trigger::on("GET").cut_reply_after_bytes(bytes).then(Then::kClose));
    RawClient client(world.proxy.endpoint());
    client.send(command_bytes({"GET", "key"}) + command_bytes({"GET", "key"}));
    CHECK(client.read_all() == whole.substr(0, bytes));
    CHECK(world.proxy.fired(cut) == 1);
  }
}

TEST_CASE("a held reply waits and holds up those behind it") {
  ProxiedServer world;
  const auto held = world.proxy.add(Trigger::on("INCR").hold_reply());
  RawClient client(world.proxy.endpoint());
  client.send(command_bytes({"PING"}) + command_bytes({"INCR", "n"}) + command_bytes({"PING"}));
  CHECK(client.read(7) == "+PONG\r\n");
  wait_for([&] { return world.proxy.fired(held) == 1; }, kPatience, "the reply to be held");
  CHECK(world.ask_server({"GET", "n"}) == "1");
  CHECK(client.peek().empty());
  world.proxy.release(held);
  CHECK(client.read(11) == ":1\r\n+PONG\r\n");
}

TEST_CASE("a reply is replaced and the next one is whole") {
  ProxiedServer world;
  const auto replaced = world.proxy.add(Trigger::on("INCR").times(2).replace_reply("-OOM no\r\n"));
  auto client = world.client();
  CHECK((*client.call(command_of({"INCR", "n"}))).view().is_error());
  CHECK((*client.call(command_of({"INCR", "n"}))).view().is_error());
  CHECK(ask_number(client, {"INCR", "n"}) == 3);
  CHECK(world.proxy.fired(replaced) == 2);
}

TEST_CASE("triggers work in single bytes") {
  ProxiedServer world;
  world.proxy.set_both({.slice_max = 1});
  const auto lost = world.proxy.add(Trigger::on("INCR").after(1).swallow_reply().then(Then::kClose));
  RawClient client(world.proxy.endpoint());
  client.send(command_bytes({"INCR", "n"}) + command_bytes({"INCR", "n"}) + command_bytes({"INCR", "n"}));
  CHECK(client.read_all() == ":1\r\n");
  CHECK(world.proxy.fired(lost) == 1);
}

TEST_CASE("a command longer than the bound passes through and sets off its trigger") {
  ProxiedServer world;
  const auto lost = world.proxy.add(Trigger::on("SET").swallow_reply());
  RawClient client(world.proxy.endpoint());
  const std::string large(5'000'000, 'x');
  client.send(command_bytes({"SET", "large", large}));
  CHECK(client.read_all().empty());
  CHECK(world.proxy.fired(lost) == 1);
  CHECK(world.ask_server({"STRLEN", "large"}) == std::to_string(large.size()));
}

TEST_CASE("a fault that would leave replies without their commands is refused") {
  ProxiedServer world;
  CHECK_THROWS_AS(world.proxy.add(Trigger::on("GET").swallow_reply().then(Then::kNothing)), std::invalid_argument);
  CHECK_THROWS_AS(world.proxy.add(Trigger::on("GET").cut_reply_after_bytes(0)), std::invalid_argument);
}
