// A server with the users of config/users.acl, and no others.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "support/process.h"
#include "support/temporary_directory.h"
#include "support/valkey_helpers.h"
#include "support/valkey_server.h"

namespace orderd::test {

// The rules of a user in config/users.acl, as ACL SETUSER takes them; a selector "(...)" is one of them.
[[nodiscard]] std::vector<std::string> rules_of(const std::string& user);

struct Guarded {
  // There are 100 shoes.
  Guarded();

  [[nodiscard]] valkey::SyncClient as(const std::string& user) const;
  // An orderd that logs in as that user. `settings`: more variables, "ORDERD_...=...".
  [[nodiscard]] std::unique_ptr<Process> daemon(const std::string& user,
                                                const std::vector<std::string>& settings = {}) const;

  TemporaryDirectory files;
  ValkeyServer server;
  valkey::SyncClient admin;  // may do everything
};

}  // namespace orderd::test
