// The result of a glance at the server, as a value. Its texts come from producers: any bytes, cut to kTextBytes.
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
  kNotAllowed,  // this user lacks the right
  kFailed,
};

struct ResultSeen {
  std::string id;
  std::string order;
  std::string status;
  std::string reason;  // empty if the status needs none
  std::string what;    // the lines, or the detail of a malformed request
};

struct StockSeen {
  std::string sku;
  std::optional<std::string> left;  // the value of the key; nullopt: no such key, or another type
  std::size_t results = 0;          // in how many of the results it was
};

struct ServerView {
  std::string trouble;  // why there is no connection; empty: there is one, or it was not needed
  Answer results_answer = Answer::kNone;
  Answer stock_answer = Answer::kNone;
  Answer dead_answer = Answer::kNone;
  std::size_t results_read = 0;     // the base of the stock's share
  std::vector<ResultSeen> results;  // newest first
  std::vector<StockSeen> stock;     // most frequent first
  uint64_t dead = 0;                // dead letters
};

}  // namespace orderd::admin
