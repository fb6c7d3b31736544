// Faults that a command or its reply fires.
#include "chaos/fixtures.h"

using namespace orderd::test;
using End = RawClient::End;

TEST_CASE("the third reply is lost and its command was executed") {
  ProxiedServer trial;
  trial.proxy.arm(Trigger::on("INCR").after(2).swallow_reply());
  RawClient client(trial.proxy);
  client.send({"INCR", "n"}, 5);
  CHECK(std::string(":1\r\n:2\r\n").starts_with(client.read()));
  CHECK(client.end() == End::kReset);
  CHECK(std::stoi(trial.ask_server({"GET", "n"})) >= 3);
  auto next = trial.client();
  CHECK(ask_number(next, {"INCR", "n"}) >= 4);
  CHECK(trial.proxy.fired());
}

TEST_CASE("a lost command does not reach the server and those before it do") {
  ProxiedServer trial;
  trial.proxy.arm(Trigger::on("SET").after(2).lose_command().then_close());
  RawClient client(trial.proxy);
  for (const char* key : {"first", "second", "third", "fourth"}) client.send({"SET", key, "1"});
  CHECK(std::string("+OK\r\n+OK\r\n").starts_with(client.read()));
  wait_for([&] { return trial.ask_server({"EXISTS", "first", "second"}) == "2"; }, kDeadline, "the first two");
  CHECK(trial.ask_server({"EXISTS", "third", "fourth"}) == "0");
  CHECK(trial.proxy.fired());
}

TEST_CASE("a reply is cut after an entry") {
  ProxiedServer trial;
  auto direct = trial.server.client();
  for (int i = 0; i < 300; ++i) xadd(direct, "orders", {{"id", std::to_string(i)}, {"sku", "shoe"}});
  trial.proxy.arm(Trigger::on("XREAD").cut_reply_after_entries(100).then_close());
  RawClient client(trial.proxy);
  for (const char* count : {"50", "200"}) client.send({"XREAD", "COUNT", count, "STREAMS", "orders", "0"});
  const std::string got = client.read();
  CHECK(client.end() == End::kOrderly);
  CHECK(trial.proxy.fired());
  std::size_t entries = 0;
  for (std::size_t at = got.find("$3\r\nsku"); at != std::string::npos; at = got.find("$3\r\nsku", at + 1)) ++entries;
  CHECK(entries == 150);
  CHECK(got.ends_with("$4\r\nshoe\r\n"));
}

TEST_CASE("a reply is cut after any byte") {
  ProxiedServer trial;
  CHECK(trial.ask_server({"SET", "key", "abcdefgh"}) == "OK");
  const std::string whole = "$8\r\nabcdefgh\r\n";
  for (std::size_t bytes = 1; bytes <= whole.size(); ++bytes) {
    trial.proxy.arm(Trigger::on("GET").cut_reply_after_bytes(bytes).then_close());
    RawClient client(trial.proxy);
    client.send({"GET", "key"}, 2);
    CHECK(client.read() == whole.substr(0, bytes));
    CHECK(trial.proxy.fired());
  }
}

TEST_CASE("a held reply delays those after it") {
  ProxiedServer trial;
  trial.proxy.arm(Trigger::on("INCR").hold_reply());
  RawClient client(trial.proxy);
  client.check_served();
  client.send({"INCR", "n"});
  client.send({"PING"});
  wait_for([&] { return trial.proxy.fired(); }, kDeadline, "the trigger");
  CHECK(trial.ask_server({"GET", "n"}) == "1");
  CHECK(client.hears_nothing());
  trial.proxy.heal();
  CHECK(client.read(11) == ":1\r\n+PONG\r\n");
  CHECK(trial.proxy.fired());
}
