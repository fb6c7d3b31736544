// A real primary with a replica, and three real sentinels that monitor them as the service "shop". Timeouts are short,
// so that a failover takes seconds: a server counts as down after one.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "support/valkey_helpers.h"
#include "support/valkey_server.h"
#include "support/wait_for.h"

namespace orderd::test {

class SentinelSet {
 public:
  // Returns when every sentinel knows the replica and the other sentinels. `config`: more lines for each sentinel.
  explicit SentinelSet(const std::vector<std::string>& config = {}) {
    for (int i = 0; i < 3; ++i) {
      ServerOptions options{
          .tcp = true,
          .config = {"sentinel monitor shop 127.0.0.1 " + first_.port() + " 2",
                     "sentinel down-after-milliseconds shop 1000", "sentinel failover-timeout shop 5000"},
          .program = "valkey-sentinel"};
      options.config.insert(options.config.end(), config.begin(), config.end());
      sentinels_.push_back(std::make_unique<ValkeyServer>(options));
    }
    for (const auto& sentinel : sentinels_) {
      wait_for([&] { return knows_all(*sentinel); }, kPatience, "a sentinel to know the others");
    }
  }

  ValkeyServer& first() { return first_; }    // the initial primary
  ValkeyServer& second() { return second_; }  // its replica
  ValkeyServer& sentinel(std::size_t number) { return *sentinels_.at(number); }
  // For valkey.sentinels.
  [[nodiscard]] std::string addresses() const {
    std::string text;
    for (const auto& sentinel : sentinels_) text += (text.empty() ? "" : ",") + ("127.0.0.1:" + sentinel->port());
    return text;
  }

  // A manual failover: both servers are up.
  void fail_over() {
    auto client = sentinels_.front()->client();
    // Refused until it has the replica's state.
    wait_for([&] { return ask(client, {"SENTINEL", "FAILOVER", "shop"}) == "OK"; }, kPatience, "a failover to begin");
  }
  // Waits until the server reports that it is a primary.
  static void wait_for_primary(const ValkeyServer& server) {
    const auto promoted = [&] {
      // A promotion closes connections.
      auto client = valkey::SyncClient::connect(server.endpoint(), {});
      const auto role = client ? client->call(command_of({"ROLE"})) : client.failure();
      return role && (*role)->at(0).text() == "master";
    };
    wait_for(promoted, kPatience, "the replica to be promoted");
  }

 private:
  static constexpr std::chrono::seconds kPatience{60};

  static bool knows_all(const ValkeyServer& sentinel) {
    auto client = sentinel.client();
    const valkey::OwnedReply reply = send(client, command_of({"SENTINEL", "MASTER", "shop"}));
    std::map<std::string, std::string> facts;
    for (std::size_t i = 0; i + 1 < reply->size(); i += 2) facts.emplace(reply->at(i).text(), reply->at(i + 1).text());
    return facts["num-slaves"] == "1" && facts["num-other-sentinels"] == "2" && facts["flags"] == "master";
  }

  ValkeyServer first_{{.tcp = true, .config = {"repl-diskless-sync-delay 0"}}};
  ValkeyServer second_{{.tcp = true, .config = {"replicaof 127.0.0.1 " + first_.port(), "repl-diskless-sync-delay 0"}}};
  std::vector<std::unique_ptr<ValkeyServer>> sentinels_;
};

}  // namespace orderd::test
