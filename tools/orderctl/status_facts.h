// What `orderctl status` asks the server for.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "shared/client.h"

namespace orderd::tools {

using std::chrono::milliseconds;

struct StreamFacts {
  std::string name;
  bool exists = false;
  uint64_t length = 0;
  std::string newest;  // the id generated last; empty where the stream does not exist
};

struct ConsumerFacts {
  std::string name;
  uint64_t pending = 0;
  milliseconds idle{};                   // since it asked for something
  std::optional<milliseconds> inactive;  // since it got something; nothing: it never did
};

struct PendingFacts {
  std::string id;
  std::string consumer;
  milliseconds age{};   // since it was pushed, told by its id and the server's clock
  milliseconds idle{};  // since it was delivered last
  uint64_t deliveries = 0;
};

struct GroupFacts {
  std::string name;
  bool exists = false;
  std::optional<uint64_t> lag;  // entries not read yet; nothing: the server does not know
  uint64_t pending = 0;         // read, but not settled
  std::optional<uint64_t> settled;
  std::optional<PendingFacts> oldest;
  std::vector<ConsumerFacts> consumers;
  std::string position;  // up to here everything was settled; empty: not written down yet
};

// Empty or nothing: the server does not tell this user.
struct ServerFacts {
  std::string address;
  std::string version;
  std::string role;
  std::string policy;  // maxmemory-policy
  std::optional<bool> append_only;
  std::optional<bool> load_truncated;  // aof-load-truncated
  uint64_t memory_used = 0;
  uint64_t memory_max = 0;  // 0: no limit
};

struct StatusFacts {
  ServerFacts server;
  StreamFacts orders;
  StreamFacts results;
  StreamFacts dead;
  GroupFacts group;
  // What an operator should mend, a sentence each.
  std::vector<std::string> warnings;
};

[[nodiscard]] Result<StatusFacts> read_status(Client& client, const settings::Settings& settings);

}  // namespace orderd::tools
