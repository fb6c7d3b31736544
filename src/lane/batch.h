// Consecutive requests as one call of lua/settle.lua: its keys and arguments, built request by request.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "lane/options.h"
#include "order/request.h"
#include "valkey/command.h"

namespace orderd::lane {

// Bounds of one call. A script that has written cannot be killed, and unpack() in Lua fails near 8,000 elements.
inline constexpr std::size_t kBatchRequests = 128;
inline constexpr std::size_t kBatchLines = 256;
inline constexpr std::size_t kBatchBytes = 256 * 1024;
inline constexpr std::size_t kRawWords = 7000;  // of a malformed request, for its dead letter
static_assert(3 + 2 * kBatchRequests + kBatchLines < 7900 && kRawWords < 7900);

class Batch {
 public:
  explicit Batch(const Options& options) : options_(options) {}
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  // Empties the batch and keeps its memory.
  void clear();
  // Whether requested replies are sent; initially true.
  void reply(bool wanted) { reply_ = wanted; }
  // Whether a request of this size fits, too. Any single request fits into an empty batch.
  [[nodiscard]] bool has_room(std::size_t lines, std::size_t bytes, std::size_t requests_max) const;

  // Adds a valid request. `id`: of the entry.
  void add(std::string_view id, const order::Request& request);
  // Adds one that belongs to another lane, as `detail` says. It leaves no record, so that the other lane can decide it.
  void add_wrong_lane(std::string_view id, const order::Request& request, std::string_view detail);
  // Adds a malformed one. `known`: its readable parts. `fields`: of the entry, cut at 64 KiB and kRawWords.
  void add_malformed(std::string_view id, const order::Request& known, std::string_view detail,
                     const order::Fields& fields);

  // The call, which does nothing unless the position is `previous`. Valid until clear() or the next write().
  [[nodiscard]] const valkey::Command& write(std::string_view script_id, std::string_view previous);

  [[nodiscard]] std::size_t size() const { return requests_; }
  [[nodiscard]] bool empty() const { return requests_ == 0; }
  [[nodiscard]] std::size_t bytes() const {
    return records_.bytes().size() + arguments_.bytes().size() + replies_.bytes().size();
  }
  // Whether the call names a reply list.
  [[nodiscard]] bool replies() const { return replies_.count() > 0; }
  // The ID of the last request. Only while not empty.
  [[nodiscard]] const std::string& last() const { return last_; }

 private:
  struct Hash {
    using is_transparent = void;  // NOLINT(readability-identifier-naming): the name that unordered_map looks for
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  [[nodiscard]] std::size_t stock_index(std::string_view sku);
  void begin_request(std::string_view id, const order::Request& request);
  void end_request(std::string_view id, std::string_view reply_to);

  const Options& options_;
  bool reply_ = true;
  std::size_t requests_ = 0;
  std::size_t lines_ = 0;
  std::string last_;
  valkey::Arguments records_;                                                 // keys
  valkey::Arguments stock_;                                                   // keys
  valkey::Arguments replies_;                                                 // keys
  valkey::Arguments arguments_;                                               // of each request
  valkey::Arguments asked_;                                                   // which requests have a key in replies_
  std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>> skus_;  // their places in stock_, from 1
  std::string scratch_;
  valkey::Command command_;
};

}  // namespace orderd::lane
