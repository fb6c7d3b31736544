// orderd and orderctl with real sentinels: they find the primary, and follow it when another one takes over.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>

#include "integration/orderctl_desk.h"
#include "support/entry_id.h"
#include "support/sentinel_set.h"
#include "support/wait_for.h"

using namespace orderd;
using namespace orderd::test;
using namespace std::chrono_literals;

namespace {

constexpr auto kFailover = 60s;

Words with(const SentinelSet& set, const Words& words) {
  return joined(words, {"--valkey.sentinels", set.addresses(), "--valkey.service", "shop"});
}

// A daemon that is ready.
class Daemon : public Process {
 public:
  explicit Daemon(const SentinelSet& set, const Words& more = {})
      : Process(clean_command(ORDERD_PATH, with(set, more))) {
    wait_to_say(*this, "ready: ");
  }
};

// Waits until the daemon has logged that its primary is this server.
void wait_to_follow(const Daemon& daemon, const ValkeyServer& server) {
  wait_to_say(daemon, "the primary is valkey://127.0.0.1:" + std::to_string(server.tcp_endpoint().port) + " now");
}

// Pushes orders for one shoe each until it is destroyed, whatever the outcome.
class Load {
 public:
  explicit Load(const ValkeyServer& server) : thread_([this, endpoint = server.tcp_endpoint()] { run(endpoint); }) {}
  ~Load() {
    stop_ = true;
    thread_.join();
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

 private:
  void run(const valkey::Endpoint& endpoint) {
    while (!stop_) {
      auto client = valkey::SyncClient::connect(endpoint, {});
      for (bool good = client.ok(); good && !stop_;) {
        const auto reply = client->call(
            command_of({"XADD", "orders", "*", "id", "o-" + std::to_string(++made_), "sku", "shoe", "quantity", "1"}));
        good = reply.ok();
      }
    }
  }
  std::atomic<bool> stop_{false};
  int made_ = 0;
  std::thread thread_;
};

// Everything in the orders stream has its result, in order.
void check_books(const ValkeyServer& server) {
  auto client = server.client();
  wait_for(
      [&] {
        const auto newest = ask(client, {"EVAL",
                                         "local e = server.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1] "
                                         "return e and e[1] or ''",
                                         "1", "orders"});
        return ask(client, {"HGET", "orders:position", "id"}) == newest;
      },
      kFailover, "everything to be settled");
  std::vector<std::string> answered;
  for (const Entry& result : entries(client, "results")) answered.push_back(result.field("request"));
  std::erase(answered, "");  // stock
  CHECK(std::is_sorted(answered.begin(), answered.end(), [](const std::string& a, const std::string& b) {
    return EntryId::parse(a) < EntryId::parse(b);
  }));
  std::vector<std::string> asked;
  for (const Entry& request : entries(client, "orders")) asked.push_back(request.id);
  CHECK(answered == asked);
}

void wait_for_results(const ValkeyServer& server, std::size_t count) {
  auto client = server.client();
  wait_for([&] { return length(client, "results") >= count; }, kFailover, std::to_string(count) + " results");
}

}  // namespace

TEST_CASE("orders resume at the new primary after a manual failover") {
  SentinelSet set;
  CHECK(orderctl(with(set, {"stock", "set", "shoe", "1000000"})).status == 0);
  Daemon daemon(set);
  {
    const Load load(set.first());
    wait_for_results(set.first(), 200);
    set.fail_over();
    wait_to_follow(daemon, set.second());
  }
  SentinelSet::wait_for_primary(set.second());
  wait_to_say(daemon, "connected again");
  std::size_t before = 0;
  {
    auto client = set.second().client();
    before = length(client, "results");
    const Load load(set.second());
    wait_for_results(set.second(), before + 200);
  }
  check_books(set.second());
  const Ran status = orderctl(with(set, {"status"}));
  CHECK(status.status == 0);
  CHECK(contains(status.row("server"), std::to_string(set.second().tcp_endpoint().port)));
  end(daemon);
}

TEST_CASE("a killed primary is replaced by its replica and lost requests are reported") {
  SentinelSet set;
  CHECK(orderctl(with(set, {"stock", "set", "shoe", "1000000"})).status == 0);
  Daemon daemon(set);
  auto client = set.first().client();
  const auto push = [&](int from, int to) {
    for (int i = from; i < to; ++i) {
      (void)push_order(client, "o-" + std::to_string(i));
    }
  };
  push(0, 50);
  wait_for_results(set.first(), 51);
  wait_for([&] { return ask_number(client, {"WAIT", "1", "1000"}) == 1; }, kFailover, "the replica to have them");
  // Its link is closed and cannot be reopened: nothing that follows is replicated.
  set.second().pause();
  CHECK(ask_number(client, {"CLIENT", "KILL", "TYPE", "replica"}) == 1);
  push(50, 80);
  wait_for_results(set.first(), 81);
  set.first().kill();
  set.second().resume();
  SentinelSet::wait_for_primary(set.second());
  // One fewer if the primary was killed before the daemon read its last reply.
  wait_to_say(daemon, " settled requests of 'orders', all after ");
  CHECK((says(daemon, "has forgotten 30 ") || says(daemon, "has forgotten 29 ")));
  SentinelSet::wait_for_primary(set.second());
  client = set.second().client();
  push(50, 100);  // the producers' retries, and new orders
  wait_for_results(set.second(), 101);
  check_books(set.second());
  CHECK(get(client, "product:shoe:stock") == std::to_string(1000000 - 100));
  end(daemon);
}

TEST_CASE("frozen and stopped sentinels are handled") {
  SentinelSet set;
  set.sentinel(0).pause();
  set.sentinel(1).kill();
  CHECK(orderctl(with(set, {"stock", "set", "shoe", "7"})).status == 0);
  Daemon daemon(set);
  end(daemon);
}

TEST_CASE("sentinels are queried as their own user with minimal rights") {
  SentinelSet set;
  for (std::size_t i = 0; i < 3; ++i) {
    auto client = set.sentinel(i).client();
    (void)ask(client, {"ACL", "SETUSER", "watch", "on", ">word", "allchannels", "-@all", "+auth", "+client|setname",
                       "+client|setinfo", "+ping", "+subscribe", "+sentinel|get-master-addr-by-name"});
  }
  const TemporaryDirectory files;
  const std::string path = files.file("password");
  const auto write = [&](const std::string& password) {
    std::ofstream(path) << password << "\n";
    std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  };
  const Words user = {"--valkey.sentinel_username", "watch", "--valkey.sentinel_password_file", path};
  write("wrong");
  const Words list = joined({"stock", "list"}, user);
  const Ran ran = orderctl(with(set, list));
  CHECK(ran.status == 1);
  CHECK(ran.complains("no sentinel named the primary of 'shop'"));
  CHECK(ran.complains("WRONGPASS"));
  write("word");
  CHECK(orderctl(with(set, list)).status == 0);
  Daemon daemon(set, user);
  set.fail_over();
  wait_to_follow(daemon, set.second());
  end(daemon);
}

TEST_CASE("a service that no sentinel knows is named") {
  const SentinelSet set;
  const Words settings = {"--valkey.sentinels", set.addresses(), "--valkey.service", "sohp"};
  const Ran ran = orderctl(joined({"status"}, settings));
  CHECK(ran.status == 1);
  CHECK(ran.complains("knows no service 'sohp'; check valkey.service"));
  Process daemon(clean_command(ORDERD_PATH, settings));
  wait_to_say(daemon, "knows no service 'sohp'; check valkey.service");
  end(daemon);
}
