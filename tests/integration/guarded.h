// A server with only the users of config/users.acl.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "support/daemon.h"
#include "support/process.h"
#include "support/temporary_directory.h"
#include "support/text.h"
#include "support/valkey_helpers.h"
#include "support/valkey_server.h"

namespace orderd::test {

// The rules of a user in config/users.acl, for ACL SETUSER; a selector "(...)" is one of them.
[[nodiscard]] std::vector<std::string> rules_of(const std::string& user);

struct Guarded {
  // There are 100 shoes.
  Guarded();

  [[nodiscard]] valkey::SyncClient as(const std::string& user) const;
  // The variables with which a program logs in as this user.
  [[nodiscard]] std::vector<std::string> login(const std::string& user) const;
  // An orderd that logs in as this user. `settings`: more variables, "ORDERD_...=...".
  [[nodiscard]] std::unique_ptr<Process> daemon(const std::string& user,
                                                const std::vector<std::string>& settings = {}) const;

  TemporaryDirectory files;
  ValkeyServer server;
  valkey::SyncClient admin;  // has all rights
};

}  // namespace orderd::test
