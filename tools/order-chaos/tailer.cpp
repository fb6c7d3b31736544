// XREAD from the last entry read, across lost connections.
#include "order-chaos/tailer.h"

#include <chrono>
#include <functional>

#include "order-chaos/pace.h"
#include "valkey/sync_client.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;
constexpr int kBlockMs = 50;

}  // namespace

uint64_t fingerprint(const test::Entry& entry) {
  std::string all;
  for (const auto& [name, value] : entry.fields) {
    all.append(std::to_string(name.size())).append(":").append(name);
    all.append(std::to_string(value.size())).append(":").append(value);
  }
  return std::hash<std::string>()(all);
}

Tailer::Tailer(valkey::Endpoint server) : server_(std::move(server)) {
  thread_ = std::thread([this] { run(); });
}

Tailer::~Tailer() {
  stop();
}

void Tailer::stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

bool Tailer::has(const std::string& request) const {
  const std::lock_guard<std::mutex> guard(mutex_);
  return requests_.count(request) > 0;
}

std::size_t Tailer::size() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  return seen_.size();
}

std::vector<Tailer::Seen> Tailer::seen() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  return seen_;
}

void Tailer::run() {
  const valkey::SyncClient::Options options = {.name = "tailer", .connect_timeout = 500ms, .reply_timeout = 1000ms};
  std::string last = "0-0";
  Result<valkey::SyncClient> connection = Failure{"none yet"};
  while (!stop_) {
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
      seen_.push_back({EntryId::parse(entry.id), fingerprint(entry)});
      requests_.insert(entry.field("request"));
    }
  }
}

}  // namespace orderd::chaos
