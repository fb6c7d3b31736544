// What `orderctl status` reads from a lane's server, and how it is shown.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "shared/client.h"
#include "shared/output.h"

namespace orderd::tools {

using std::chrono::milliseconds;

// An empty value is not known: the server does not report it, or denies it to this user.

struct ServerFacts {
  std::string address;
  std::string version;
  std::string role;    // "primary" or "replica"
  std::string policy;  // maxmemory-policy
  std::optional<bool> append_only;
  std::optional<bool> load_truncated;  // aof-load-truncated
  std::optional<uint64_t> memory_used;
  std::optional<uint64_t> memory_max;  // 0: no limit
};

struct StreamFacts {
  std::string name;
  std::optional<uint64_t> length;
};

// The position: which requests are settled (lua/join.lua).
struct PositionFacts {
  bool known = false;               // it could be read
  std::string id;                   // the last settled request; empty: none yet
  std::string result;               // the ID of its result
  std::optional<uint64_t> settled;  // in this stream
  std::optional<int64_t> base;      // the stream's entries-added when `settled` was 0
  uint64_t deleted = 0;             // entries that were deleted before they were settled, as far as noticed
  std::string paused;               // since when, in ms, and why (lua/pause.lua); empty: not paused
};

// Requests after the position.
struct WaitingFacts {
  std::optional<uint64_t> count;
  std::string oldest;               // a request; empty: none
  std::optional<milliseconds> age;  // of the oldest, by its ID and the server's clock
};

// The active daemon (lua/lease.lua).
struct OwnerFacts {
  std::string name;
  std::optional<uint64_t> since_ms;    // since 1970
  std::optional<milliseconds> active;  // for how long
  std::optional<milliseconds> left;    // of its lease
};

struct StandbyFacts {
  std::string name;
  std::optional<milliseconds> seen;  // how long ago
};

// The consumer group that shows the position to monitoring.
struct GroupFacts {
  std::string name;
  bool exists = false;
  std::optional<uint64_t> lag;
};

struct StatusFacts {
  ServerFacts server;
  std::optional<OwnerFacts> owner;  // nothing: no daemon is active
  bool owner_known = false;
  std::vector<StandbyFacts> standby;
  StreamFacts orders;
  std::string newest;  // the ID generated last in the orders stream
  PositionFacts position;
  WaitingFacts waiting;
  std::optional<GroupFacts> group;  // nothing: streams.group is empty
  StreamFacts results;
  StreamFacts dead;
  std::vector<std::string> warnings;  // what an operator should change, one sentence each
};

// A failure: the connection was lost, the server cannot answer now, or this user may read nothing at all.
[[nodiscard]] Result<StatusFacts> read_status(Client& client, const settings::Settings& settings);

// Of one lane; `lane`: its name, empty if it has none.
void print_page(const StatusFacts& facts, const std::string& lane);
[[nodiscard]] Json json_of(const StatusFacts& facts);
// The rows of a server alone.
void print_server(const ServerFacts& server);

}  // namespace orderd::tools
