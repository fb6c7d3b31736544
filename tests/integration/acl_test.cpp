// The users of config/users.acl: each can do its work, and nothing else.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "support/process.h"
#include "support/temporary_directory.h"
#include "support/valkey_helpers.h"
#include "support/valkey_server.h"
#include "support/wait_for.h"

using namespace orderd;
using namespace orderd::test;
using namespace std::chrono_literals;

namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

struct Guarded {
  TemporaryDirectory files;
  ValkeyServer server;

  Guarded() {
    // An aclfile is named in the configuration file only; the same lines as commands do here.
    auto client = server.client();
    std::istringstream users(text_of(std::string(ORDERD_SOURCE_DIR) + "/config/users.acl"));
    std::string line;
    std::vector<std::vector<std::string>> later;
    while (std::getline(users, line)) {
      std::istringstream words(line);
      std::vector<std::string> command = {"ACL", "SETUSER"};
      std::string word;
      words >> word;  // "user"
      REQUIRE(word == "user");
      bool selector = false;
      while (words >> word) {
        const bool inside = selector;
        if (word.front() == '(') selector = true;
        if (word.back() == ')') selector = false;
        if (inside) {
          command.back() += " " + word;
        } else {
          command.push_back(word);
        }
      }
      later.push_back(command);
    }
    set(client, "product:shoe:stock", "100");
    // The default user, which this connection is, is switched off last.
    for (auto each = later.rbegin(); each != later.rend(); ++each) CHECK(ask(client, *each) == "OK");
    std::ofstream(files.file("password")) << "replace-this-password\n";
    chmod(files.file("password").c_str(), 0600);
  }

  [[nodiscard]] valkey::SyncClient as(const std::string& user) const {
    valkey::Endpoint endpoint = server.endpoint();
    endpoint.username = user;
    endpoint.password = "replace-this-password";
    auto client = valkey::SyncClient::connect(endpoint, {});
    REQUIRE(client.ok());
    return std::move(*client);
  }
  [[nodiscard]] std::unique_ptr<Process> daemon(const std::string& user) const {
    ProcessOptions options;
    options.environment = {"ORDERD_VALKEY_URL=unix://" + server.endpoint().path, "ORDERD_VALKEY_USERNAME=" + user,
                           "ORDERD_VALKEY_PASSWORD_FILE=" + files.file("password"),
                           "ORDERD_PROCESSING_CLAIM_IDLE=300ms", "ORDERD_RETENTION_ORDERS=1s"};
    return std::make_unique<Process>(std::vector<std::string>{ORDERD_PATH}, options);
  }
};

bool refused(valkey::SyncClient& client, const std::vector<std::string>& words) {
  return send(client, command_of(words)).view().error() == valkey::ErrorKind::kRefused;
}

}  // namespace

TEST_CASE("orderd serves with no more rights than its user in users.acl has") {
  Guarded shop;
  auto producer = shop.as("producer");
  auto reader = shop.as("reader");
  auto daemon = shop.daemon("orderd");
  xadd(producer, "orders", {{"id", "o-1"}, {"sku", "shoe"}, {"quantity", "3"}});
  xadd(producer, "orders", {{"id", "o-1"}, {"sku", "shoe"}, {"quantity", "3"}});
  xadd(producer, "orders", {{"id", "o-2"}, {"sku", "shoe"}, {"quantity", "300"}});
  xadd(producer, "orders", {{"id", "o-3"}});
  wait_for([&] { return length(reader, "results") == 4; }, 10s, "four results");
  const auto results = entries(reader, "results");
  CHECK(results[0].field("status") == "accepted");
  CHECK(results[1].field("status") == "duplicate");
  CHECK(results[2].field("reason") == "insufficient_stock");
  CHECK(results[3].field("reason") == "malformed");
  // Claims, positions and trims come within a second or two; none may be refused.
  auto operator_ = shop.as("operator");
  wait_for(
      [&] {
        return ask(operator_, {"HGET", "orders:orderd:position", "settled"}) == results[3].field("request");
      },
      20s, "the position");
  wait_for([&] { return length(operator_, "orders") < 4; }, 20s, "a trim");
  ask_number(operator_, {"XLEN", "results"});
  daemon->signal(SIGTERM);
  CHECK(daemon->wait() == 0);
  CHECK(daemon->errors().find("refused") == std::string::npos);
  CHECK(daemon->errors().find("replace-this") == std::string::npos);
}

TEST_CASE("orderctl audit needs no more rights than the operator has") {
  Guarded shop;
  auto producer = shop.as("producer");
  auto reader = shop.as("reader");
  const auto daemon = shop.daemon("orderd");
  xadd(producer, "orders", {{"id", "o-1"}, {"sku", "shoe"}, {"quantity", "3"}});
  xadd(producer, "orders", {{"id", "o-2"}});
  wait_for([&] { return length(reader, "results") == 2; }, 10s, "two results");
  ProcessOptions options;
  options.environment = {"ORDERD_VALKEY_URL=unix://" + shop.server.endpoint().path, "ORDERD_VALKEY_USERNAME=operator",
                         "ORDERD_VALKEY_PASSWORD_FILE=" + shop.files.file("password")};
  Process audit({ORDERCTL_PATH, "audit"}, options);
  CHECK_MESSAGE(audit.wait() == 0, audit.errors());
  CHECK(audit.output().find("clean: all that was checked holds") != std::string::npos);
}

TEST_CASE("a stolen password of orderd does not open the rest of the server") {
  Guarded shop;
  auto thief = shop.as("orderd");
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"FLUSHALL"},
                                             {"CONFIG", "GET", "*"},
                                             {"KEYS", "*"},
                                             {"EVAL", "return 1", "0"},
                                             {"SCRIPT", "FLUSH"},
                                             {"SHUTDOWN"},
                                             {"XGROUP", "SETID", "orders", "orderd", "0"},
                                             {"XADD", "orders", "*", "id", "x"},
                                             {"DEL", "product:shoe:stock"},
                                             {"SET", "product:shoe:stock", "1"},
                                             {"GET", "secret"},
                                             {"ACL", "LIST"},
                                             {"CLIENT", "KILL", "TYPE", "normal"}}) {
    CHECK_MESSAGE(refused(thief, words), words[0]);
  }
}

TEST_CASE("without the rights it needs orderd says what to grant and exits with 1") {
  Guarded shop;
  auto daemon = shop.daemon("producer");
  CHECK(daemon->wait() == 1);
  CHECK(daemon->errors().find("NOPERM") != std::string::npos);
  CHECK(daemon->errors().find("users.acl") != std::string::npos);
}

TEST_CASE("with a wrong password orderd says so and exits with 1") {
  Guarded shop;
  std::ofstream(shop.files.file("password")) << "wrong\n";
  auto daemon = shop.daemon("orderd");
  CHECK(daemon->wait() == 1);
  CHECK(daemon->errors().find("WRONGPASS") != std::string::npos);
}
