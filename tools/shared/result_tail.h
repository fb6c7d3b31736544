// Reads the results stream as it grows: XREAD, with the server waiting for new entries.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "shared/entry.h"

namespace orderd::tools {

class ResultTail {
 public:
  // From after the entry `id`.
  [[nodiscard]] static Result<ResultTail> after(const settings::Settings& settings, const std::string& id) {
    auto client = Client::connect(settings, kLongestBlock);
    if (!client) return client.failure();
    return ResultTail(std::move(*client), settings.streams.results, id);
  }

  // Asks for a page of new entries. If there are none, the server waits up to `wait`, but not longer than a second.
  // descriptor() is readable when it has answered or the connection is lost, and then take() follows. A failure to ask
  // is one of take().
  void ask(std::chrono::milliseconds wait) {
    using valkey::Command;
    const auto block = std::min(wait, kLongestBlock).count();
    // BLOCK 0 would wait forever.
    client_.append(block > 0 ? Command::of("XREAD", "COUNT", kPageEntries, "BLOCK", block, "STREAMS", stream_, last_)
                             : Command::of("XREAD", "COUNT", kPageEntries, "STREAMS", stream_, last_));
    client_.connection().flush();
  }
  [[nodiscard]] int descriptor() const { return client_.descriptor(); }
  // Calls `each` for the entries and returns how many there were. After a failure see lost().
  [[nodiscard]] Result<std::size_t> take(const std::function<void(const Entry&)>& each) {
    const auto reply = client_.read();
    lost_ = !reply || client_.passes((*reply)->error());
    if (!reply) return reply.failure();
    if ((*reply)->is_error()) return Failure{client_.explain((*reply)->text())};
    const std::vector<Entry> entries = entries_of((*reply)->at(0).at(1));
    for (const Entry& entry : entries) each(entry);
    if (!entries.empty()) last_ = entries.back().id;
    return entries.size();
  }
  // A new connection may succeed. Otherwise the failure would only be repeated.
  [[nodiscard]] bool lost() const { return lost_; }
  [[nodiscard]] const std::string& server() const { return client_.server(); }
  // The ID of the last entry that was read.
  [[nodiscard]] const std::string& last() const { return last_; }

 private:
  static constexpr std::chrono::milliseconds kLongestBlock{1000};

  ResultTail(Client client, std::string stream, std::string last)
      : client_(std::move(client)), stream_(std::move(stream)), last_(std::move(last)) {}

  Client client_;
  std::string stream_;
  std::string last_;
  bool lost_ = false;
};

}  // namespace orderd::tools
