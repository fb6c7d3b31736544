// XREAD from the last entry read, across lost connections.
#include "order-chaos/tailer.h"

#include "order-chaos/pace.h"

namespace orderd::chaos {

using namespace std::chrono_literals;

static constexpr int kBlockMs = 50;

void Tailer::run(const std::stop_token& stop) {
  const valkey::SyncClient::Options options = {.name = "tailer", .connect_timeout = 500ms, .reply_timeout = 1000ms};
  std::string last = "0-0";
  Result<valkey::SyncClient> connection = Failure{"none yet"};
  while (!stop.stop_requested()) {
    if (!connection) connection = valkey::SyncClient::connect(server_, options);
    if (!connection) {
      let_pass(5ms);
      continue;
    }
    const auto reply =
        connection->call(valkey::Command::of("XREAD", "COUNT", 500, "BLOCK", kBlockMs, "STREAMS", "results", last));
    if (!reply) {
      connection = reply.failure();
      continue;
    }
    if ((*reply)->is_error()) let_pass(5ms);
    const auto entries = test::entries_of((*reply)->at(0).at(1));
    if (entries.empty()) continue;
    last = entries.back().id;
    const std::lock_guard<std::mutex> guard(mutex_);
    for (const test::Entry& entry : entries) {
      seen_.push_back({id_of(entry.id), fingerprint(entry)});
      requests_.insert(entry.field("request"));
    }
  }
}

}  // namespace orderd::chaos
