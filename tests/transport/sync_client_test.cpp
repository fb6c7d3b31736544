// The tools' client: from a name to an address that replies, and what the server must accept.
#include "valkey/sync_client.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <thread>

#include "support/fake_server.h"
#include "support/resp.h"
#include "transport/fake_names.h"

namespace orderd::test {
namespace {

using namespace std::chrono_literals;
using Where = FakeServer::Where;

// The scripted server on its own thread, because this client blocks.
class Background {
 public:
  explicit Background(const std::function<void(FakeServer&)>& script = {}) {
    if (script) script(fake_);
    endpoint = fake_.endpoint();
    timer_.start(1ms);
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~Background() {
    ends_ = true;
    thread_.join();
  }
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  valkey::Endpoint endpoint;

 private:
  Loop loop_;
  FakeServer fake_{loop_, Where::kTcp};
  std::atomic<bool> ends_ = false;
  Timer timer_{loop_, [this] {
                 if (ends_) return loop_.stop();
                 timer_.start(1ms);
               }};
  std::thread thread_;
};

valkey::SyncClient::Options options() {
  return {.name = "orderctl", .connect_timeout = 600ms, .reply_timeout = 10s};
}

std::string error_of(const valkey::Endpoint& endpoint) {
  const auto client = valkey::SyncClient::connect(endpoint, options());
  return client ? "" : client.error();
}

TEST_CASE("a client finds the address of a name that replies") {
  Background server;
  std::optional<SilentAddress> silent;
  SUBCASE("a numeric address") {
  }
  SUBCASE("the first refuses") {
    server.endpoint.host = "two.addresses.test";
  }
  SUBCASE("the first is silent") {
    server.endpoint.host = "silent.first.test";
    silent.emplace("127.0.0.3", server.endpoint.port, SilentAddress::How::kNoConnect);
  }
  const auto begin = std::chrono::steady_clock::now();
  CHECK(error_of(server.endpoint) == "");
  CHECK(std::chrono::steady_clock::now() - begin < 600ms);
}

TEST_CASE("a client that finds no address that replies fails within the connect timeout") {
  valkey::Endpoint endpoint;
  endpoint.port = Background().endpoint.port;  // closed by now
  SUBCASE("unknown") {
    endpoint.host = "unknown.test";
    const std::string error = error_of(endpoint);
    CHECK(error.starts_with("cannot connect to valkey://unknown.test:"));
    CHECK(error.find("Name or service not known") != std::string::npos);
  }
  SUBCASE("refused") {
    endpoint.host = "two.addresses.test";
    CHECK(error_of(endpoint).find("(Connection refused): check that the server runs") != std::string::npos);
  }
  SUBCASE("silent") {
    endpoint.host = "all.silent.test";
    const SilentAddress third("127.0.0.3", endpoint.port, SilentAddress::How::kNoConnect);
    const SilentAddress fourth("127.0.0.4", endpoint.port, SilentAddress::How::kNoConnect);
    const auto begin = std::chrono::steady_clock::now();
    CHECK(error_of(endpoint).find("timed out") != std::string::npos);
    CHECK(std::chrono::steady_clock::now() - begin >= 500ms);  // more than one was waited for
  }
}

TEST_CASE("a client name that the server refuses is ignored") {
  for (const char* denied : {"NOPERM this user has no permissions", "ERR unknown command 'CLIENT'",
                             "ERR unknown subcommand 'SETINFO'. Try CLIENT HELP."}) {
    Background server([&](FakeServer& fake) { fake.on("CLIENT").error(denied); });
    CHECK(error_of(server.endpoint) == "");
  }
  Background server([](FakeServer& fake) { fake.on("CLIENT SETNAME").error("NOAUTH Authentication required."); });
  CHECK(error_of(server.endpoint).find("refused the connection: NOAUTH") != std::string::npos);
}

TEST_CASE("a user without a password is still sent") {
  Background server([](FakeServer& fake) {
    fake.on("AUTH").answer([](const Received& command) {
      const bool good = command.words == std::vector<std::string>{"AUTH", "anna", ""};
      return good ? resp::simple("OK") : resp::error("WRONGPASS");
    });
  });
  server.endpoint.username = "anna";
  CHECK(error_of(server.endpoint) == "");
}

}  // namespace
}  // namespace orderd::test
