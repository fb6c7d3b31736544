// orderd and orderctl with real sentinels: they find the primary, and follow it when another one takes over.
#include <thread>

#include "integration/guarded.h"
#include "integration/orderctl_desk.h"
#include "support/sentinel_set.h"

namespace orderd::test {
namespace {

constexpr std::chrono::seconds kFailover{60};

// Pushes orders for one shoe each until it is destroyed, whatever the outcome.
std::jthread shoe_producer(const ValkeyServer& server) {
  return std::jthread([endpoint = server.tcp_endpoint()](const std::stop_token& stop) {
    for (int made = 0; !stop.stop_requested();) {
      auto client = valkey::SyncClient::connect(endpoint, {});
      for (bool good = client.ok(); good && !stop.stop_requested();) {
        const std::string id = "o-" + std::to_string(++made);
        good = client->call(command_of({"XADD", "orders", "*", "id", id, "sku", "shoe", "quantity", "1"})).ok();
      }
    }
  });
}

struct WatchedShop : SentinelSet {
  [[nodiscard]] Words with(const Words& words, const std::string& service = "shop") const {
    return joined(words, {"--valkey.sentinels", addresses(), "--valkey.service", service});
  }
  [[nodiscard]] Ran run(const Words& words) const { return orderctl(with(words)); }
  // Returns when it is ready.
  void start_daemon(const Words& words = {}) {
    daemon = std::make_unique<Process>(clean_command(ORDERD_PATH, with(words)));
    wait_to_say(*daemon, "ready: ");
  }
  // A shop with a million shoes.
  void open() {
    succeeded(run({"stock", "set", "shoe", "1000000"}));
    start_daemon();
  }
  // Waits until the daemon has logged that its primary is the second server.
  void wait_to_follow() {
    wait_to_say(*daemon, "the primary is valkey://127.0.0.1:" + std::to_string(second().tcp_endpoint().port) + " now");
  }
  static void wait_for_results(const ValkeyServer& server, std::size_t count) {
    auto client = server.client();
    wait_for([&] { return length(client, "results") >= count; }, kFailover, std::to_string(count) + " results");
  }
  // Everything in the orders stream of the second server has its result, in order. Stops the daemon.
  void close() {
    auto client = second().client();
    const auto settled = [&] {
      const auto newest = send(client, command_of({"XREVRANGE", "orders", "+", "-", "COUNT", "1"}));
      return ask(client, {"HGET", "orders:position", "id"}) == newest->at(0).at(0).text();
    };
    wait_for(settled, kFailover, "everything to be settled");
    Words asked, answered;
    for (const Entry& request : entries(client, "orders")) asked.push_back(request.id);
    for (const Entry& result : entries(client, "results")) answered.push_back(result.field("request"));
    std::erase(answered, "");  // stock
    CHECK(answered == asked);
    end(*daemon);
  }

  std::unique_ptr<Process> daemon;
};

}  // namespace

TEST_CASE_FIXTURE(WatchedShop, "orders resume at the new primary after a manual failover") {
  open();
  {
    const std::jthread producer = shoe_producer(first());
    wait_for_results(first(), 200);
    fail_over();
    wait_to_follow();
  }
  wait_for_primary(second());
  wait_to_say(*daemon, "connected again");
  {
    auto client = second().client();
    const std::size_t before = length(client, "results");
    const std::jthread producer = shoe_producer(second());
    wait_for_results(second(), before + 200);
  }
  CHECK(contains(succeeded(run({"status"})).row("server"), std::to_string(second().tcp_endpoint().port)));
  close();
}

TEST_CASE_FIXTURE(WatchedShop, "a killed primary is replaced by its replica and lost requests are reported") {
  open();
  auto client = first().client();
  const auto push = [&](int from, int to) {
    for (int i = from; i < to; ++i) push_order(client, "o-" + std::to_string(i));
  };
  push(0, 50);
  wait_for_results(first(), 51);
  wait_for([&] { return ask_number(client, {"WAIT", "1", "1000"}) == 1; }, kFailover, "the replica to have them");
  // Its link is closed and cannot be reopened: nothing that follows is replicated.
  second().pause();
  CHECK(ask_number(client, {"CLIENT", "KILL", "TYPE", "replica"}) == 1);
  push(50, 80);
  wait_for_results(first(), 81);
  first().kill();
  second().resume();
  wait_for_primary(second());
  // One fewer if the primary was killed before the daemon read its last reply.
  wait_to_say(*daemon, " settled requests of 'orders', all after ");
  CHECK((says(*daemon, "has forgotten 30 ") || says(*daemon, "has forgotten 29 ")));
  client = second().client();
  push(50, 100);  // the producers' retries, and new orders
  wait_for_results(second(), 101);
  CHECK(get(client, "product:shoe:stock") == std::to_string(1000000 - 100));
  close();
}

TEST_CASE_FIXTURE(WatchedShop, "sentinels are queried as their own user with minimal rights") {
  for (std::size_t i = 0; i < 3; ++i) {
    auto client = sentinel(i).client();
    (void)ask(client, {"ACL", "SETUSER", "watch", "on", ">word", "allchannels", "-@all", "+auth", "+client|setname",
                       "+client|setinfo", "+ping", "+subscribe", "+sentinel|get-master-addr-by-name"});
  }
  const TemporaryDirectory files;
  const std::string path = files.file("password");
  const Words user = {"--valkey.sentinel_username", "watch", "--valkey.sentinel_password_file", path};
  write_secret(path, "wrong");
  failed(run(joined({"stock", "list"}, user)), {"no sentinel named the primary of 'shop'", "WRONGPASS"});
  write_secret(path, "word");
  succeeded(run(joined({"stock", "list"}, user)));
  start_daemon(user);
  fail_over();
  wait_to_follow();
  end(*daemon);
}

TEST_CASE_FIXTURE(WatchedShop, "an unknown service is named, and frozen and stopped sentinels are passed over") {
  const std::string unknown = "does not know the service 'sohp'; check valkey.service";
  failed(orderctl(with({"status"}, "sohp")), {unknown});
  Process waiting(clean_command(ORDERD_PATH, with({}, "sohp")));
  wait_to_say(waiting, unknown);
  end(waiting);
  sentinel(0).pause();
  sentinel(1).kill();
  open();
  end(*daemon);
}

}  // namespace orderd::test
