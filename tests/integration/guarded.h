// A server with only the users of config/users.acl. An aclfile can be set only in the configuration file; here the same
// rules are set by commands.
#pragma once

#include <filesystem>
#include <fstream>
#include <regex>

#include "integration/sale.h"

namespace orderd::test {

// The rules of a user in config/users.acl, for ACL SETUSER; a selector "(...)" is one of them.
[[nodiscard]] inline Words rules_of(const std::string& user) {
  static const std::regex kRule(R"(\([^)]*\)|\S+)");
  const std::string begin = "user " + user + " ";
  std::ifstream file(ORDERD_SOURCE_DIR "/config/users.acl");
  std::string line;
  while (std::getline(file, line) && !line.starts_with(begin)) continue;
  REQUIRE_MESSAGE(line.starts_with(begin), "config/users.acl has no user ", user);
  line.erase(0, begin.size());
  return Words(std::sregex_token_iterator(line.begin(), line.end(), kRule), {});
}

// A file that only its owner may read.
inline void write_secret(const std::string& file, const std::string& secret) {
  std::ofstream(file) << secret << "\n";
  std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

struct Guarded {
  static constexpr const char* kPassword = "replace-this-password";

  // There are 100 shoes.
  Guarded() : admin(server.client()) {
    set(admin, "product:shoe:stock", "100");
    for (const std::string user : {"orderd", "producer", "backend", "reader", "operator", "monitor"}) {
      CHECK(ask(admin, joined({"ACL", "SETUSER", user}, rules_of(user))) == "OK");
    }
    CHECK(ask(admin, {"ACL", "SETUSER", "admin", "on", "nopass", "~*", "&*", "+@all"}) == "OK");
    CHECK(ask(admin, {"AUTH", "admin", ""}) == "OK");
    CHECK(ask(admin, {"ACL", "SETUSER", "default", "off", "resetkeys", "-@all"}) == "OK");
    write_secret(files.file("password"), kPassword);
  }

  [[nodiscard]] valkey::SyncClient as(const std::string& user) const {
    valkey::Endpoint endpoint = server.endpoint();
    endpoint.username = user;
    endpoint.password = kPassword;
    auto client = valkey::SyncClient::connect(endpoint, {});
    REQUIRE_MESSAGE(client.ok(), user);
    return std::move(*client);
  }
  // The variables with which a program logs in as this user.
  [[nodiscard]] Words login(const std::string& user) const {
    return {"ORDERD_VALKEY_URL=unix://" + server.endpoint().path, "ORDERD_VALKEY_USERNAME=" + user,
            "ORDERD_VALKEY_PASSWORD_FILE=" + files.file("password")};
  }
  // An orderd that logs in as this user. `settings`: more variables, "ORDERD_...=...".
  [[nodiscard]] std::unique_ptr<Process> daemon(const std::string& user, const Words& settings = {}) const {
    const auto own = joined(login(user), {"ORDERD_PROCESSING_NAME=only", "ORDERD_PROCESSING_LEASE=300ms"});
    return start_orderd(joined(own, settings));
  }

  TemporaryDirectory files;
  ValkeyServer server;
  valkey::SyncClient admin;  // has all rights
};

}  // namespace orderd::test
