// The tools' client: from a name to an address that replies, and what the server must accept.
#include "valkey/sync_client.h"

#include <atomic>
#include <thread>

#include "transport/fake_names.h"
#include "transport/loop_fixture.h"

namespace orderd::test {
namespace {

using namespace std::chrono_literals;

// The scripted server on its own thread, because this client blocks.
class Background {
 public:
  explicit Background(const std::function<void(FakeServer&)>& script = {}) {
    if (script) script(fake_);
    endpoint = fake_.endpoint();
    thread_ = std::thread([this] { (void)here_.turned_until([this] { return ends_.load(); }, 1h); });
  }
  ~Background() {
    ends_ = true;
    thread_.join();
  }

  valkey::Endpoint endpoint;

 private:
  Tcp<LoopFixture> here_;
  FakeServer fake_{here_.loop, Where::kTcp};
  std::atomic<bool> ends_ = false;
  std::thread thread_;
};

std::string error_of(const valkey::Endpoint& endpoint) {
  const auto client =
      valkey::SyncClient::connect(endpoint, {.name = "orderctl", .connect_timeout = 600ms, .reply_timeout = 10s});
  return client ? "" : client.error();
}

TEST_CASE("a client finds the address of a name that replies") {
  Background server;
  std::optional<SilentAddress> silent;
  SUBCASE("the first refuses") server.endpoint.host = "two.addresses.test";
  SUBCASE("the first is silent") {
    server.endpoint.host = "silent.first.test";
    silent.emplace("127.0.0.3", server.endpoint.port);
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
    CHECK(contains(error, "Name or service not known"));
  }
  SUBCASE("refused") {
    endpoint.host = "two.addresses.test";
    CHECK(contains(error_of(endpoint), "(Connection refused): check that the server runs"));
  }
  SUBCASE("silent") {
    endpoint.host = "all.silent.test";
    const SilentAddress third("127.0.0.3", endpoint.port);
    const SilentAddress fourth("127.0.0.4", endpoint.port);
    const auto begin = std::chrono::steady_clock::now();
    CHECK(contains(error_of(endpoint), "timed out"));
    CHECK(std::chrono::steady_clock::now() - begin >= 500ms);  // more than one was waited for
  }
}

TEST_CASE("a client name that the server refuses is ignored") {
  for (const char* denied : {"NOPERM this user has no permissions", "ERR unknown command 'CLIENT'",
                             "ERR unknown subcommand 'SETINFO'. Try CLIENT HELP."}) {
    Background server([&](FakeServer& fake) { fake.on("CLIENT").error(denied); });
    CHECK(error_of(server.endpoint) == "");
  }
}

TEST_CASE("a client that is refused says whether the login is wrong or the server is busy") {
  for (const auto& [refusal, advice] : std::vector<std::pair<std::string, std::string>>{
           {"NOAUTH Authentication required.", "check the user name and the password"},
           {"BUSY Valkey is busy running a script.", "try again later"},
           {"ERR max number of clients reached", "try again later"}}) {
    Background server([&](FakeServer& fake) { fake.on("CLIENT SETNAME").error(refusal); });
    CHECK(error_of(server.endpoint).ends_with(" refused the connection: " + refusal + "; " + advice));
  }
}

}  // namespace
}  // namespace orderd::test
