// The verdict on a trial that was healed and drained. It compares the streams with the producers' record and with what
// a reader has seen. It also runs orderctl audit, which knows neither.
#pragma once

#include "order-chaos/tailer.h"
#include "order-chaos/verdict.h"

namespace orderd::chaos {

// A lane to judge.
struct Account {
  const Record& record;
  Call call;                    // to its server
  std::string orders, results;  // its streams
  std::string stock_key;        // "product:<sku>:stock"
  Stock stock;                  // at the start
  Words audit;                  // the command line of orderctl audit; below, its environment
  Words environment = {};
  const Tailer* tailer = nullptr;  // null: nothing was read meanwhile
};

// Throws std::runtime_error if the lane cannot be read.
[[nodiscard]] Verdict judge(const Account& account);
// The part of it that needs no server.
[[nodiscard]] Verdict judge_ledger(const Record& record, const Ledger& ledger);

}  // namespace orderd::chaos
