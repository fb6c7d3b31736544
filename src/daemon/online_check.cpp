#include "daemon/online_check.h"

#include <cstdio>
#include <set>
#include <string>

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

// Each of the three may be denied; what is not known is left out.
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

// Of one lane. What is good is added to `good`: lanes may share a server.
int check_lane(const settings::Settings& settings, std::set<std::string>& good) {
  const auto endpoint = settings::find_primary(settings, kName);
  if (!endpoint) return problem(endpoint.error());
  const std::string where = endpoint->redacted();
  auto client =
      valkey::SyncClient::connect(*endpoint, {kName, settings.valkey.connect_timeout, settings.valkey.reply_timeout});
  if (!client) return problem(client.error());
  const auto facts = ask_facts(*client);
  if (!facts) return problem(facts.error());
  if (const auto error = unfit(*facts, where, endpoint->cluster); error.kind != valkey::ErrorKind::kNone)
    return problem(error.what);
  const auto missing = missing_rights(*client, settings);
  if (!missing) return problem(where + " could not be asked about rights: " + settings::printable(missing.error()));
  const std::string user = endpoint->username.empty() ? "default" : endpoint->username;
  for (const settings::Right& right : *missing) {
    (void)problem("the user '" + settings::printable(user) + "' may not run " + settings::printable(right.what) +
                  "; to grant it: ACL SETUSER " + settings::printable(user) + " '" + settings::printable(right.grant) +
                  "'");
  }
  if (!missing->empty()) return problem("config/users.acl has all that orderd needs, for the default names of keys");
  good.insert(where + " OK: " + facts->text() + (facts->role.empty() ? "" : ", " + facts->role) + "; the user '" +
              settings::printable(user) + "' may do what orderd needs\n");
  return 0;
}

}  // namespace

int check_online(const settings::Settings& settings) {
  std::set<std::string> good;
  for (std::size_t lane = 0; lane < settings.lanes().count(); ++lane) {
    if (const int failed = check_lane(settings.for_lane(lane), good); failed != 0) return failed;
  }
  std::string text = "settings OK\n";
  for (const std::string& each : good) text += each;
  const bool written = std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
  return written ? 0 : 1;
}

}  // namespace orderd::daemon
