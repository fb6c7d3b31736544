// A real server behind a proxy, without orderd.
#pragma once

#include "chaos/raw_client.h"
#include "order-chaos/proxy/fault_proxy.h"
#include "support/seed.h"
#include "support/valkey_helpers.h"
#include "support/valkey_server.h"
#include "support/wait_for.h"

namespace orderd::test {

inline constexpr std::chrono::seconds kPatience{20};

class ProxiedServer {
 public:
  ProxiedServer() : proxy(server.endpoint(), test_seed()) {}

  // Through the proxy.
  [[nodiscard]] valkey::SyncClient client(std::chrono::milliseconds reply_timeout = std::chrono::seconds(20)) const {
    valkey::SyncClient::Options options;
    options.reply_timeout = reply_timeout;
    auto connected = valkey::SyncClient::connect(proxy.endpoint(), options);
    if (!connected) throw std::runtime_error(connected.error());
    return std::move(*connected);
  }
  [[nodiscard]] bool reachable() const {
    valkey::SyncClient::Options options;
    options.reply_timeout = std::chrono::milliseconds(2000);
    auto connected = valkey::SyncClient::connect(proxy.endpoint(), options);
    return connected.ok() && connected->call(command_of({"PING"})).ok();
  }
  // Bypasses the proxy.
  std::string ask_server(const std::vector<std::string>& words) const {
    auto direct = server.client();
    return ask(direct, words);
  }

  ValkeyServer server;
  FaultProxy proxy;
};

}  // namespace orderd::test
