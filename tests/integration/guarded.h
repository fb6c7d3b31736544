// A server with only the users of config/users.acl. An aclfile can be set only in the configuration file; here the same
// rules are set by commands.
#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <regex>
#include <string>
#include <vector>

#include "integration/sale.h"
#include "support/temporary_directory.h"

namespace orderd::test {

// The rules of a user in config/users.acl, for ACL SETUSER; a selector "(...)" is one of them.
[[nodiscard]] inline std::vector<std::string> rules_of(const std::string& user) {
  static const std::regex kRule(R"(\([^)]*\)|\S+)");
  const std::string begin = "user " + user + " ";
  std::ifstream file(ORDERD_SOURCE_DIR "/config/users.acl");
  std::string line;
  while (std::getline(file, line) && !line.starts_with(begin)) continue;
  REQUIRE_MESSAGE(line.starts_with(begin), "config/users.acl has no user ", user);
  line.erase(0, begin.size());
  return std::vector<std::string>(std::sregex_token_iterator(line.begin(), line.end(), kRule), {});
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
    write_password(kPassword);
  }

  // What the programs send.
  void write_password(const std::string& password) const {
    using std::filesystem::perms;
    std::ofstream(files.file("password")) << password << "\n";
    std::filesystem::permissions(files.file("password"), perms::owner_read | perms::owner_write);
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
  [[nodiscard]] std::vector<std::string> login(const std::string& user) const {
    return {"ORDERD_VALKEY_URL=unix://" + server.endpoint().path, "ORDERD_VALKEY_USERNAME=" + user,
            "ORDERD_VALKEY_PASSWORD_FILE=" + files.file("password")};
  }
  // An orderd that logs in as this user. `settings`: more variables, "ORDERD_...=...".
  [[nodiscard]] std::unique_ptr<Process> daemon(const std::string& user,
                                                const std::vector<std::string>& settings = {}) const {
    const auto own = joined(login(user), {"ORDERD_PROCESSING_NAME=only", "ORDERD_PROCESSING_LEASE=300ms"});
    return start_orderd(joined(own, settings));
  }

  TemporaryDirectory files;
  ValkeyServer server;
  valkey::SyncClient admin;  // has all rights
};

}  // namespace orderd::test
