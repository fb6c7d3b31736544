// Tests that the shims reach the server, and do nothing by default.
#include <filesystem>

#include "chaos/fixtures.h"

using namespace orderd::test;
using namespace std::chrono_literals;

namespace {

struct ShimmedServer {
  explicit ShimmedServer(AppendOnly append_only) : server(shimmed(shims, append_only)) {}
  void reconnect() { client = server.client(); }

  Shims shims;
  ValkeyServer server;
  orderd::valkey::SyncClient client = server.client();
};

// How far the server's clock is ahead of ours, in seconds.
int64_t ahead_s(orderd::valkey::SyncClient& client) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto reply = send(client, command_of({"TIME"}));
  const std::string seconds(reply->at(0).text());
  return std::stoll(seconds) - std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

}  // namespace

TEST_CASE("the clock of the server jumps and its monotonic clock does not") {
  ShimmedServer trial(AppendOnly::kOff);
  wait_for([&] { return std::abs(ahead_s(trial.client)) <= 1; }, kDeadline, "the clock to be right without a shift");
  CHECK(ask(trial.client, {"SET", "waits", "1", "EX", "1800"}) == "OK");
  for (const auto shift : {3600s, -3600s, 1s, 0s}) {
    trial.shims.shift_clock(shift);
    wait_for([&] { return std::abs(ahead_s(trial.client) - shift.count()) <= 1; }, kDeadline, "TIME to show the jump");
    // A blocked command uses the monotonic clock: the jump neither ends it nor prolongs it.
    CHECK(ask(trial.client, {"BLPOP", "nothing", "0.05"}).empty());
    if (shift == 3600s) CHECK(ask(trial.client, {"EXISTS", "waits"}) == "0");
  }
}

TEST_CASE("the table counts exactly what was synced as safe") {
  ShimmedServer trial(AppendOnly::kAlways);
  CHECK(ask(trial.client, {"SET", "key", "1"}) == "OK");
  const std::string file = append_only_file(trial.server.directory());
  const uint64_t always = trial.shims.safe_bytes(file);
  CHECK(always == std::filesystem::file_size(file));
  CHECK(ask(trial.client, {"CONFIG", "SET", "appendfsync", "no"}) == "OK");
  for (int i = 0; i < 100; ++i) CHECK(ask(trial.client, {"SET", "key", std::to_string(i)}) == "OK");
  CHECK(trial.shims.safe_bytes(file) == always);
  CHECK(std::filesystem::file_size(file) > always + 100);
  cut_power(trial.server, trial.shims);
  CHECK(std::filesystem::file_size(file) == always);
  trial.server.start();
  trial.reconnect();
  CHECK(get(trial.client, "key") == "1");
}

TEST_CASE("writes fail while the disk is full and work again afterwards") {
  ShimmedServer trial(AppendOnly::kEverySecond);
  CHECK(ask(trial.client, {"SET", "key", "1"}) == "OK");
  trial.shims.fill_disk();
  const auto set_key = [&](const char* value) {
    return std::string(send(trial.client, command_of({"SET", "key", value}))->text());
  };
  wait_for([&] { return set_key("2").starts_with("MISCONF"); }, kDeadline, "the server to notice");
  trial.shims.free_disk();
  wait_for([&] { return set_key("3") == "OK"; }, kDeadline, "the server to heal");
  trial.server.restart();
  trial.reconnect();
  CHECK(get(trial.client, "key") == "3");
}
