// Fuzzes reading replies: the real connection on a real loop, with commands outstanding, gets arbitrary bytes in
// arbitrary chunks. Each call ends once, the connection ends once, and the loop closes clean.
//
// Input: a byte for the commands outstanding, one for the chunk size, one of flags, and the server's bytes.
#include <deque>
#include <memory>

#include "base/check.h"
#include "fuzz/input.h"
#include "fuzz/peer.h"
#include "valkey/connection.h"

namespace orderd::fuzz {
namespace {

using valkey::Connection;

constexpr std::size_t kMaxCalls = 64;
constexpr std::string_view kReplyTypes = "+-:$*,_#%~=>(";

class Client : public Connection::Listener {
 public:
  Client(Loop& loop, const std::string& path) {
    auto opened = Connection::open(loop, {{}, 0, path}, Milliseconds(60'000), *this);
    ORDERD_CHECK(opened.ok(), "connecting to a listening socket failed");
    connection = std::move(*opened);
  }
  ~Client() override {
    connection.reset();
    ORDERD_CHECK(closed_ == 1, "the end must be reported once");
    for (const Ask& ask : asks_) ORDERD_CHECK(ask.answers == 1, "each call must end once");
  }
  void ask() {
    if (asks_.size() == kMaxCalls) return;
    Ask& ask = asks_.emplace_back();
    ask.client = this;
    ask.done = [](valkey::Call& call, const valkey::Reply& reply) {
      auto& mine = static_cast<Ask&>(call);
      ++mine.answers;
      (void)walk(reply);
      if (reply.lost()) return;
      if (mine.client->asks_again) mine.client->ask();
      if (mine.client->closes) mine.client->connection->close({valkey::ErrorKind::kLost, "enough"});
    };
    if (!connection->send(ask, valkey::Command::of("GET", "key"))) asks_.pop_back();
  }
  [[nodiscard]] bool closed() const { return closed_ > 0; }

  std::unique_ptr<Connection> connection;
  bool asks_again = false;  // inside of each reply
  bool closes = false;      // inside of the first reply

 private:
  struct Ask : valkey::Call {
    Client* client = nullptr;
    int answers = 0;
  };
  void on_open() override {}
  void on_closed(const valkey::Error& error) override {
    ++closed_;
    ORDERD_CHECK(!error.what.empty(), "an end without a reason");
  }
  std::deque<Ask> asks_;
  int closed_ = 0;
};

void turn(Loop& loop, int times) {
  for (int i = 0; i < times; ++i) (void)uv_run(loop.raw(), UV_RUN_NOWAIT);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  static const Listening listening;
  Input input(data, size);
  const int outstanding = input.byte() % 8;
  const std::size_t chunk = input.byte() + std::size_t{1};
  const uint8_t flags = input.byte();
  Loop loop;
  {
    Client client(loop, listening.path());
    turn(loop, 2);
    ORDERD_CHECK(client.connection->is_open(), "a connection to a Unix socket must open at once");
    Peer peer = listening.accept();
    client.asks_again = (flags & 1) != 0;
    client.closes = (flags & 2) != 0;
    for (int i = 0; i < outstanding; ++i) client.ask();
    const bool garbage = !input.empty() && kReplyTypes.find(input.rest().front()) == std::string_view::npos;
    // Chunks of one byte find what large ones do not, but hundreds of turns find no more than twenty.
    for (int chunks = 0; chunks < 20 && !input.empty(); ++chunks) {
      peer.send(input.take(chunk));
      turn(loop, 1);
    }
    peer.send(input.rest());
    turn(loop, 2);
    ORDERD_CHECK(!garbage || client.closed(), "garbage does not end the connection");
    if ((flags & 4) != 0) {
      peer.close();
      turn(loop, 2);
      ORDERD_CHECK(client.closed(), "the server's EOF was not noticed");
    }
  }
  loop.run();  // closes the handles; the loop checks that none is left
  return 0;
}

}  // namespace orderd::fuzz
