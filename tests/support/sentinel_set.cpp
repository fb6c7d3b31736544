// Timeouts are short, so that a failover takes seconds: a server counts as down after one.
#include "support/sentinel_set.h"

#include "support/valkey_helpers.h"
#include "support/wait_for.h"

namespace orderd::test {
namespace {

constexpr std::chrono::seconds kPatience{60};
constexpr std::size_t kSentinels = 3;

std::string port_of(const ValkeyServer& server) {
  return std::to_string(server.tcp_endpoint().port);
}

std::string fact(const ValkeyServer& sentinel, const std::string& name) {
  auto client = sentinel.client();
  const valkey::OwnedReply facts = send(client, command_of({"SENTINEL", "MASTER", "shop"}));
  for (std::size_t i = 0; i + 1 < facts->size(); i += 2) {
    if (facts->at(i).text() == name) return std::string(facts->at(i + 1).text());
  }
  return "";
}

}  // namespace

SentinelSet::SentinelSet(const std::vector<std::string>& config)
    : first_({.tcp = true, .config = {"repl-diskless-sync-delay 0"}}),
      second_({.tcp = true, .config = {"replicaof 127.0.0.1 " + port_of(first_), "repl-diskless-sync-delay 0"}}) {
  for (std::size_t i = 0; i < kSentinels; ++i) {
    ServerOptions options{
        .tcp = true,
        .config = {"sentinel monitor shop 127.0.0.1 " + port_of(first_) + " 2",
                   "sentinel down-after-milliseconds shop 1000", "sentinel failover-timeout shop 5000"}};
    options.program = "valkey-sentinel";
    options.config.insert(options.config.end(), config.begin(), config.end());
    sentinels_.push_back(std::make_unique<ValkeyServer>(options));
  }
  const auto well = [](const ValkeyServer& sentinel) {
    return fact(sentinel, "num-slaves") == "1" && fact(sentinel, "num-other-sentinels") == "2" &&
           fact(sentinel, "flags") == "master";
  };
  for (const auto& sentinel : sentinels_) {
    wait_for([&] { return well(*sentinel); }, kPatience, "a sentinel to know the others");
  }
}

std::string SentinelSet::addresses() const {
  std::string text;
  for (const auto& sentinel : sentinels_) text += (text.empty() ? "" : ",") + ("127.0.0.1:" + port_of(*sentinel));
  return text;
}

void SentinelSet::fail_over() {
  auto client = sentinels_.front()->client();
  // Refused until it has the replica's state.
  wait_for([&] { return ask(client, {"SENTINEL", "FAILOVER", "shop"}) == "OK"; }, kPatience, "a failover to begin");
}

void SentinelSet::wait_for_primary(const ValkeyServer& server) {
  wait_for(
      [&] {
        // A promotion closes connections.
        auto client = valkey::SyncClient::connect(server.endpoint(), {});
        const auto role = client ? client->call(command_of({"ROLE"})) : client.failure();
        return role && (*role)->at(0).text() == "master";
      },
      kPatience, "the replica to be promoted");
}

}  // namespace orderd::test
