// Fuzzes the blocking client of the tools: a server sends arbitrary bytes, then EOF. Each call returns a reply, or
// fails with a message.
//
// Input: a byte of flags, a byte for the calls, and the server's bytes.
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "base/check.h"
#include "fuzz/input.h"
#include "fuzz/peer.h"
#include "valkey/sync_client.h"

namespace orderd::fuzz {
namespace {

// Accepts one client after another and sends it the bytes of this run, then EOF. Lives as long as the process.
class Server {
 public:
  Server() : thread_([this] { run(); }) { thread_.detach(); }

  // The bytes for the next client. Call it before that one connects.
  void prepare(std::string bytes) {
    const std::lock_guard guard(mutex_);
    bytes_ = std::move(bytes);
    changed_.notify_one();
  }
  [[nodiscard]] valkey::Endpoint endpoint() const {
    valkey::Endpoint endpoint;
    endpoint.kind = valkey::Endpoint::Kind::kUnix;
    endpoint.path = listening_.path();
    return endpoint;
  }

 private:
  [[noreturn]] void run() {
    // Closed with the next one only: a client that is still writing would see the close before it has read.
    Peer peer(-1);
    for (;;) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return bytes_.has_value(); });
      const std::string bytes = std::move(*bytes_);
      bytes_.reset();
      lock.unlock();
      peer = listening_.accept();
      peer.send(bytes);
      peer.end();
    }
  }
  const Listening listening_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<std::string> bytes_;
  std::thread thread_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  static Server& server = *new Server;
  Input input(data, size);
  const bool introduced = (input.byte() & 1) == 0;
  const int calls = input.byte() % 8;
  server.prepare((introduced ? "+OK\r\n+OK\r\n+OK\r\n" : "") + std::string(input.rest()));  // see client_info.h
  auto client = valkey::SyncClient::connect(server.endpoint(), {});
  if (!client) {
    ORDERD_CHECK(!introduced && !client.error().empty(), "an accepted client failed");
    return 0;
  }
  for (int i = 0; i < calls; ++i) client->append(valkey::Command::of("GET", i));
  for (int i = 0; i < calls; ++i) {
    const auto reply = client->read();
    if (!reply) {
      ORDERD_CHECK(!reply.error().empty(), "a failure without a text");
      break;
    }
    ORDERD_CHECK(!(*reply)->lost(), "a reply that is lost()");
    (void)walk(reply->view());
  }
  return 0;
}

}  // namespace orderd::fuzz
