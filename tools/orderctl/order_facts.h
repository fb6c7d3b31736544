// What the server knows of an order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "shared/client.h"
#include "shared/entry.h"

namespace orderd::tools {

// The key of the order's record. docs/contract.md, "Keys".
struct OrderRecord {
  std::string key;
  enum class Kind { kNone, kForeign, kRecord } kind = Kind::kNone;
  bool accepted = false;
  std::string result;
  std::optional<uint64_t> left_ms;
};

struct OrderFacts {
  std::string order;
  OrderRecord record;
  std::vector<valkey::OwnedReply> pages;  // what the entries are views of
  std::vector<Entry> results;             // oldest first
  std::string searched_from;              // results before this one were not searched; empty: all were
  std::string decided;                    // the ID of the decision, if known
  std::optional<Entry> decision;          // if it is there
  std::string asked;                      // the ID of the decided request, if known
  std::optional<Entry> request;           // if it is there
  std::vector<std::string> waiting;
  bool waiting_searched = true;  // all of them
};

// Looks at `most` results, from the newest one back, and at `most` waiting requests.
[[nodiscard]] Result<OrderFacts> read_order(Client& client, const settings::Settings& settings,
                                            const std::string& order, std::size_t most);

}  // namespace orderd::tools
