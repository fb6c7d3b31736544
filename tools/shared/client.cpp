// Sentences for the errors of a server: what happened, and what to do.
#include "shared/client.h"

#include <spdlog/fmt/fmt.h>

#include "settings/topology.h"
#include "shared/output.h"

namespace orderd::tools {
namespace {

constexpr std::string_view kSignIn =
    "valkey.username and valkey.password_file, or user and password in ORDERD_VALKEY_URL";

// The message of a refused connect ends with this.
constexpr std::string_view kCredentials = "check the user name and the password";

// `how`: EVALSHA with the script's hash, or EVAL with its text.
valkey::Command evaluation(std::string_view how, std::string_view script, const std::vector<std::string_view>& keys,
                           const std::vector<std::string_view>& arguments) {
  valkey::Command command;
  command.begin(3 + keys.size() + arguments.size());
  command.add(how);
  command.add(script);
  command.add(keys.size());
  for (const std::string_view key : keys) command.add(key);
  for (const std::string_view argument : arguments) command.add(argument);
  return command;
}

}  // namespace

Result<Client> Client::connect(const settings::Settings& settings, std::chrono::milliseconds blocking) {
  valkey::on_bad_tls_files([](const std::string& what) { note(what); });
  const auto endpoint = settings::find_primary(settings, program_name());
  if (!endpoint) return endpoint.failure();
  valkey::SyncClient::Options options;
  options.name = program_name();
  options.connect_timeout = settings.valkey.connect_timeout;
  options.reply_timeout = settings.valkey.reply_timeout + blocking;
  auto client = valkey::SyncClient::connect(*endpoint, options);
  if (client) return Client(std::move(*client), endpoint->redacted(), settings.valkey.cluster);
  const std::string what = shown(client.error());
  return Failure{what.ends_with(kCredentials) ? fmt::format("{} ({})", what, kSignIn) : what};
}

Result<valkey::OwnedReply> Client::ask(const valkey::Command& command) {
  auto reply = client_.call(command);
  if (reply && (*reply)->is_error()) return Failure{explain((*reply)->text())};
  return reply;
}

Result<valkey::OwnedReply> Client::run(std::string_view script, const std::vector<std::string_view>& keys,
                                       const std::vector<std::string_view>& arguments) {
  // Needs the same rights as orderd does; EVAL would be another one.
  auto loaded = client_.call(valkey::Command::of("SCRIPT", "LOAD", script));
  if (!loaded || (*loaded)->is_error()) return loaded;
  auto reply = client_.call(evaluation("EVALSHA", (*loaded)->text(), keys, arguments));
  if (!reply || (*reply)->error() != valkey::ErrorKind::kNoScript) return reply;
  // The scripts were flushed between the two.
  return client_.call(evaluation("EVAL", script, keys, arguments));
}

std::string Client::explain(std::string_view error) const {
  using valkey::ErrorKind;
  static constexpr std::string_view kByWord[][3] = {
      {"OOM", "is out of memory", "free some or raise its maxmemory, then retry"},
      {"CROSSSLOT", "is a cluster node, and these keys are not in one slot",
       "all keys of a lane need the same {tag} in their names (orderd --check names those that differ)"},
      {"CLUSTERDOWN", "cannot do that: its cluster is down",
       "wait until a majority of primaries is back and each slot has one (CLUSTER INFO), then retry"},
      {"READONLY", "is a replica and accepts no writes", "set valkey.url to its primary"},
      {"WRONGTYPE", "has a key of another type than orderd expects", "orderctl doctor names the keys of [streams]"},
  };
  const auto sentence = [&](std::string_view what, std::string_view advice) {
    return fmt::format("{} {} ({}): {}", server_, what, shown(error), advice);
  };
  const std::string_view word = valkey::first_word(error);
  for (const auto& [first, what, advice] : kByWord) {
    if (word == first) return sentence(what, advice);
  }
  if (word == "NOPERM" || error.starts_with("ERR ACL failure")) {
    return sentence("denies this to the user",
                    fmt::format("log in as another user ({}), or grant the right with ACL SETUSER", kSignIn));
  }
  switch (valkey::classify(error)) {
    case ErrorKind::kRefused: return sentence("requires a login", fmt::format("set {}", kSignIn));
    case ErrorKind::kMoved:
      return sentence("is a cluster node, and another node serves these keys now",
                      cluster_ ? "retry" : "set valkey.cluster = true");
    case ErrorKind::kUnavailable: return sentence("cannot do that now", "retry later");
    case ErrorKind::kRoleChanged: return sentence("is no longer the primary", "retry");
    default: return server_ + " returned an error: " + shown(error);
  }
}

}  // namespace orderd::tools
