// orderd and orderctl with real sentinels: they find the primary, and follow it when another one takes over.
#include "integration/guarded.h"
#include "integration/orderctl_desk.h"
#include "support/sentinel_set.h"

namespace orderd::test {
namespace {

constexpr std::chrono::seconds kFailover{60};

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
    check_settled(client, "orders", "results");
    end(*daemon);
  }

  std::unique_ptr<Process> daemon;
};

}  // namespace

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

TEST_CASE_FIXTURE(WatchedShop,
                  "sentinels are queried as their own user with minimal rights, also for the new primary") {
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
  succeeded(run(joined({"stock", "set", "shoe", "1000000"}, user)));
  start_daemon(user);
  fail_over();
  wait_to_follow();
  wait_for_primary(second());
  auto client = second().client();
  push_order(client, "o-1");
  wait_for_results(second(), 2);
  CHECK(contains(succeeded(run(joined({"status"}, user))).row("server"), second().port()));
  close();
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
