// What a glance at the server has shown, as a value. Its texts come from producers: any bytes, cut to kTextBytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace orderd::admin {

// A longer text ends with an ellipsis. IDs and SKUs of valid orders have at most 128 bytes.
inline constexpr std::size_t kTextBytes = 256;

enum class Answer {
  kNone,  // not asked yet, or the reply is still due
  kGood,
  kNotAllowed,  // this user may not ask that
  kFailed,
};

struct ResultSeen {
  std::string id;
  std::string order;
  std::string status;
  std::string reason;  // empty where the status says it all
  std::string what;    // the lines, or the detail of a malformed request
};

struct StockSeen {
  std::string sku;
  std::optional<std::string> left;  // as the key holds it; nothing: there is no such key, or none of that type
  std::size_t results = 0;          // in how many of the results it was
};

struct ServerView {
  std::string trouble;  // why there is no connection; empty: there is one, or it was not needed
  Answer results_answer = Answer::kNone;
  Answer stock_answer = Answer::kNone;
  Answer dead_answer = Answer::kNone;
  std::size_t results_read = 0;     // the stock's share is of so many
  std::vector<ResultSeen> results;  // newest first
  std::vector<StockSeen> stock;     // most frequent first
  uint64_t dead = 0;                // dead letters
};

}  // namespace orderd::admin
