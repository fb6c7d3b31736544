// Which rights orderd's user needs, and which are missing.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "settings/settings.h"
#include "valkey/sync_client.h"

namespace orderd::settings {

struct Right {
  std::string what;   // "XADD and XDEL on 'results'"
  std::string grant;  // a rule for ACL SETUSER: "+evalsha", "(~results +xadd +xdel)"
};

// Asks the server which rights that orderd needs with these settings the client's user lacks. Changes nothing. One
// Right for each key, in the order in which orderd would miss them. If the user may not run scripts, only that is
// known. A Failure: the connection was lost, or the server cannot reply now.
[[nodiscard]] Result<std::vector<Right>> missing_rights(valkey::SyncClient& client, const Settings& settings);

}  // namespace orderd::settings
