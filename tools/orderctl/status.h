// What `orderctl status` knows of a lane, and how it is shown.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "shared/client.h"
#include "shared/output.h"

namespace orderd::tools {

struct Status {
  // What --json prints (docs/contract.md). Null is not known: the server does not report it, or denies it to this user.
  Json facts;
  bool owner_known = false;  // facts["active"] is null because no daemon is active
};

// A failure: the connection was lost, the server cannot answer now, or this user may read nothing at all.
[[nodiscard]] Result<Status> read_status(Client& client, const settings::Settings& settings);

// As text; `lane`: its name, empty if it has none.
void print_page(const Status& status, const std::string& lane);
// The rows of a server alone: facts["server"].
void print_server(const Json& server);
// A fact for people: a text, safe for a terminal, empty if it is not known; milliseconds.
[[nodiscard]] std::string text_in(const Json& fact);
[[nodiscard]] std::string duration_in(const Json& fact);

}  // namespace orderd::tools
