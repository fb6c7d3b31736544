// XREAD, with the server waiting for new entries.
#include "shared/result_tail.h"

#include <algorithm>

namespace orderd::tools {
namespace {

using std::chrono::milliseconds;
using valkey::Command;

constexpr milliseconds kLongestBlock{1000};

}  // namespace

Result<ResultTail> ResultTail::after(const settings::Settings& settings, const std::string& id) {
  auto client = Client::connect(settings, kLongestBlock);
  if (!client) return client.failure();
  return ResultTail(std::move(*client), settings.streams.results, id);
}

Result<ResultTail> ResultTail::at_end(const settings::Settings& settings) {
  auto tail = after(settings, "0-0");
  if (!tail) return tail;
  auto newest = newest_id(tail->client_, tail->stream_);
  if (!newest) return newest.failure();
  tail->last_ = std::move(*newest);
  return tail;
}

Result<std::size_t> ResultTail::read(milliseconds wait, const std::function<void(const Entry&)>& each) {
  ask(wait);
  return take(each);
}

void ResultTail::ask(milliseconds wait) {
  const auto block = std::min(wait, kLongestBlock).count();
  // BLOCK 0 would wait forever.
  client_.append(block > 0 ? Command::of("XREAD", "COUNT", kPageEntries, "BLOCK", block, "STREAMS", stream_, last_)
                           : Command::of("XREAD", "COUNT", kPageEntries, "STREAMS", stream_, last_));
  client_.connection().flush();
}

Result<std::size_t> ResultTail::take(const std::function<void(const Entry&)>& each) {
  const auto reply = client_.read();
  lost_ = !reply || client_.passes((*reply)->error());
  if (!reply) return reply.failure();
  if ((*reply)->is_error()) return Failure{client_.explain((*reply)->text())};
  const std::vector<Entry> entries = entries_of((*reply)->at(0).at(1));
  for (const Entry& entry : entries) each(entry);
  if (!entries.empty()) last_ = entries.back().id;
  return entries.size();
}

}  // namespace orderd::tools
