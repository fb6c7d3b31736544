// Consecutive requests on their way into one call of lua/settle.lua: the bytes of its keys and arguments, built up
// request by request.
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

  // Empties it; the memory is kept.
  void clear();
  // Whether requests get the replies that they ask for; so it is at first.
  void reply(bool wanted) { reply_ = wanted; }
  // Is there room for a request of so many lines and bytes beside those that are there? Any one request fits alone.
  [[nodiscard]] bool has_room(std::size_t lines, std::size_t bytes, std::size_t requests_max) const;

  // Adds a request that was understood. `id` is the entry's.
  void add(std::string_view id, const order::Request& request);
  // Adds one that belongs to another lane; `detail` says so. Its retry there is decided there: it leaves no record.
  void add_wrong_lane(std::string_view id, const order::Request& request, std::string_view detail);
  // Adds one that was not understood. `known`: what could be read of it. `fields`: the entry's, cut at 64 KiB and
  // kRawWords.
  void add_malformed(std::string_view id, const order::Request& known, std::string_view detail,
                     const order::Fields& fields);

  // The call, under the condition that the position is `previous`. Valid until clear() or the next write().
  [[nodiscard]] const valkey::Command& write(std::string_view script_id, std::string_view previous);

  [[nodiscard]] std::size_t size() const { return requests_; }
  [[nodiscard]] bool empty() const { return requests_ == 0; }
  [[nodiscard]] std::size_t bytes() const {
    return records_.bytes().size() + arguments_.bytes().size() + replies_.bytes().size();
  }
  // Does the call name a list of replies?
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
