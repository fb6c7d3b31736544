// An aclfile can be set only in the configuration file; here the same rules are set by commands.
#include "integration/guarded.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>

namespace orderd::test {
namespace {

constexpr const char* kPassword = "replace-this-password";

}  // namespace

std::vector<std::string> rules_of(const std::string& user) {
  std::ifstream file(std::string(ORDERD_SOURCE_DIR) + "/config/users.acl");
  std::string line;
  while (std::getline(file, line) && !line.starts_with("user " + user + " ")) continue;
  std::istringstream words(line);
  std::vector<std::string> rules;
  std::string word;
  words >> word >> word;  // "user", its name
  REQUIRE_MESSAGE(word == user, "config/users.acl has no user ", user);
  bool selector = false;
  while (words >> word) {
    if (selector) {
      rules.back() += " " + word;
    } else {
      rules.push_back(word);
    }
    if (word.front() == '(') selector = true;
    if (word.back() == ')') selector = false;
  }
  return rules;
}

Guarded::Guarded() : admin(server.client()) {
  set(admin, "product:shoe:stock", "100");
  for (const std::string user : {"orderd", "producer", "backend", "reader", "operator", "monitor"}) {
    CHECK(ask(admin, joined({"ACL", "SETUSER", user}, rules_of(user))) == "OK");
  }
  CHECK(ask(admin, {"ACL", "SETUSER", "admin", "on", "nopass", "~*", "&*", "+@all"}) == "OK");
  CHECK(ask(admin, {"AUTH", "admin", ""}) == "OK");
  CHECK(ask(admin, {"ACL", "SETUSER", "default", "off", "resetkeys", "-@all"}) == "OK");
  std::ofstream(files.file("password")) << kPassword << "\n";
  chmod(files.file("password").c_str(), 0600);
}

valkey::SyncClient Guarded::as(const std::string& user) const {
  valkey::Endpoint endpoint = server.endpoint();
  endpoint.username = user;
  endpoint.password = kPassword;
  auto client = valkey::SyncClient::connect(endpoint, {});
  REQUIRE_MESSAGE(client.ok(), user);
  return std::move(*client);
}

std::vector<std::string> Guarded::login(const std::string& user) const {
  return {"ORDERD_VALKEY_URL=unix://" + server.endpoint().path, "ORDERD_VALKEY_USERNAME=" + user,
          "ORDERD_VALKEY_PASSWORD_FILE=" + files.file("password")};
}

std::unique_ptr<Process> Guarded::daemon(const std::string& user, const std::vector<std::string>& settings) const {
  const auto own = joined(login(user), {"ORDERD_PROCESSING_NAME=only", "ORDERD_PROCESSING_LEASE=300ms"});
  return std::make_unique<Process>(std::vector<std::string>{ORDERD_PATH},
                                   ProcessOptions{.environment = joined(own, settings)});
}

}  // namespace orderd::test
