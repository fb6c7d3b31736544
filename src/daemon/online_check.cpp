#include "daemon/online_check.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "settings/rights.h"
#include "settings/text.h"
#include "settings/topology.h"
#include "valkey/server.h"
#include "valkey/sync_client.h"

namespace orderd::daemon {
namespace {

using valkey::Command;

constexpr const char* kName = "orderd-check";

int problem(const std::string& text) {
  (void)std::fprintf(stderr, "orderd: %s\n", text.c_str());
  return 1;
}

// Each of the three may be denied; unknown values are left out.
Result<valkey::ServerFacts> ask_facts(valkey::SyncClient& client) {
  valkey::ServerFacts facts;
  const auto hello = client.call(Command::of("HELLO"));
  if (!hello) return hello.failure();
  read_hello(hello->view(), facts);
  const auto info = client.call(Command::of("INFO", "server"));
  if (!info) return info.failure();
  if (!(*info)->is_error()) read_info((*info)->text(), facts);
  const auto role = client.call(Command::of("ROLE"));
  if (!role) return role.failure();
  read_role(role->view(), facts);
  return facts;
}

struct Found {
  std::vector<std::string> good;  // a line for each server
  bool denied = false;            // a right is missing
  bool wrong = false;             // and was printed
};

void check_lane(const settings::Settings& lane, Found& found) {
  const std::string prefix = lane.lane_name().empty() ? "" : "lane '" + lane.lane_name() + "': ";
  const auto wrong = [&](const std::string& text) {
    (void)problem(prefix + text);
    found.wrong = true;
  };
  const auto endpoint = settings::find_primary(lane, kName);
  if (!endpoint) return wrong(endpoint.error());
  const std::string where = endpoint->redacted();
  auto client = valkey::SyncClient::connect(*endpoint, {kName, lane.valkey.connect_timeout, lane.valkey.reply_timeout});
  if (!client) return wrong(client.error());
  const auto facts = ask_facts(*client);
  if (!facts) return wrong(facts.error());
  if (const auto error = unfit(*facts, where, endpoint->cluster); error.kind != valkey::ErrorKind::kNone)
    return wrong(error.what);
  const auto missing = missing_rights(*client, lane);
  if (!missing) return wrong(where + " could not be asked about rights: " + settings::printable(missing.error()));
  const std::string user = endpoint->username.empty() ? "default" : endpoint->username;
  for (const settings::Right& right : *missing) {
    found.denied = true;
    wrong("the user '" + settings::printable(user) + "' may not run " + settings::printable(right.what) +
          "; to grant it: ACL SETUSER " + settings::printable(user) + " '" + settings::printable(right.grant) + "'");
  }
  if (!missing->empty()) return;
  const std::string line = where + " OK: " + facts->text() + (facts->role.empty() ? "" : ", " + facts->role) +
                           "; the user '" + settings::printable(user) + "' may do what orderd needs\n";
  if (std::find(found.good.begin(), found.good.end(), line) == found.good.end()) found.good.push_back(line);
}

}  // namespace

int check_online(const settings::Settings& settings) {
  Found found;
  for (std::size_t i = 0; i < settings.lanes().count(); ++i) check_lane(settings.for_lane(i), found);
  if (found.denied) return problem("config/users.acl has all that orderd needs, for the default names of keys");
  if (found.wrong) return 1;
  std::string good = "settings OK\n";
  for (const std::string& line : found.good) good += line;
  const bool written = std::fputs(good.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
  return written ? 0 : 1;
}

}  // namespace orderd::daemon
