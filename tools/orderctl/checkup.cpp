// The checks of a server. Each question is asked once. Why a finding matters, and the limits, come from
// docs/guarantees.md and docs/operations.md.
#include "orderctl/checkup.h"

#include <algorithm>

#include "settings/topology.h"
#include "shared/options.h"
#include "shared/output.h"
#include "valkey/server.h"

namespace orderd::tools {
namespace {

using std::chrono::milliseconds;
using valkey::OwnedReply;

// A clock difference that shows in ages and times.
constexpr uint64_t kClockMs = 5000;
// A script may run this long before other clients get BUSY. A full call takes a few ms.
constexpr uint64_t kBusyMs = 1000;

}  // namespace

const Checkup::Check Checkup::kChecks[16] = {
    {"version", &Checkup::version},     {"role", &Checkup::role},         {"persistence", &Checkup::persistence},
    {"truncated", &Checkup::truncated}, {"eviction", &Checkup::eviction}, {"memory", &Checkup::memory},
    {"growth", &Checkup::growth},       {"replicas", &Checkup::replicas}, {"coverage", &Checkup::coverage},
    {"login", &Checkup::login},         {"rights", &Checkup::rights},     {"scripts", &Checkup::scripts},
    {"clock", &Checkup::clock},         {"ids", &Checkup::ids},           {"keys", &Checkup::keys},
    {"groups", &Checkup::groups}};

std::vector<std::string> Checkup::names() {
  std::vector<std::string> names;
  for (const Check& check : kChecks) names.emplace_back(check.name);
  return names;
}

Result<std::vector<Finding>> Checkup::run() {
  info_ = questions_.ask_info("everything");
  const OwnedReply config = questions_.ask(
      "CONFIG GET", "", "appendfsync", "aof-load-truncated", "min-replicas-to-write", "min-replicas-max-lag",
      "protected-mode", "busy-reply-threshold", "cluster-require-full-coverage", "save", "stop-writes-on-bgsave-error");
  for (std::size_t i = 0; i + 1 < config->size(); i += 2) {
    config_.emplace(config->at(i).text(), config->at(i + 1).text());
  }
  now_ms_ = questions_.ask_time();
  for (const auto& [name, make] : kChecks) {
    check_ = name;
    (this->*make)();
  }
  if (const auto outcome = questions_.outcome(); !outcome) return outcome.failure();
  if (!failure_.empty()) return Failure{failure_};
  return std::move(findings_);
}

bool Checkup::denied(const char* what, std::initializer_list<const char*> commands) {
  const auto* const first =
      std::find_if(commands.begin(), commands.end(), [this](const char* name) { return questions_.denies(name); });
  if (first == commands.end()) return false;
  unknown(what, "the server denies " + std::string(*first));
  return true;
}

void Checkup::expect(const std::string& name, const std::string& value, const char* wanted, const char* reason,
                     std::string why, std::string fix) {
  if (value.empty()) return unknown(name, reason);
  const std::string what = name + " is " + shown(value);
  if (value == wanted) return good(what);
  problem(what, std::move(why), std::move(fix));
}

void Checkup::version() {
  valkey::ServerFacts facts;
  facts.product = info("valkey_version").empty() ? "redis" : "valkey";
  facts.version = facts.product == "redis" ? info("redis_version") : info("valkey_version");
  facts.mode = info("redis_mode");
  if (facts.version.empty()) return unknown("the server's version", "it does not say in INFO");
  const valkey::Error error = unfit(facts, client_.server(), settings_.valkey.cluster);
  if (error.kind == valkey::ErrorKind::kNone) return good(shown(facts.text()));
  problem(shown(facts.text()) + (facts.mode.empty() ? "" : ", " + shown(facts.mode)), shown(error.what),
          "use Valkey 8");
}

void Checkup::role() {
  const std::string role = info("role");
  if (role.empty()) return unknown("primary or replica", kNoInfo);
  if (role == "master") return good("primary");
  problem("this server is a replica of " + shown(info("master_host")) + ":" + shown(info("master_port")),
          "it accepts no writes, so no order can be settled",
          "set valkey.url to the primary, or name the sentinels in valkey.sentinels");
}

void Checkup::persistence() {
  if (info("rdb_last_bgsave_status") == "err" && !config("save").empty() &&
      config("stop-writes-on-bgsave-error") == "yes") {
    return problem("the last snapshot failed", "the server refuses writes (MISCONF) until a snapshot succeeds",
                   "see the server's log; free space on its disk or memory, then BGSAVE");
  }
  const std::string enabled = info("aof_enabled");
  if (enabled.empty()) return unknown("the append-only file", kNoInfo);
  if (enabled != "1") {
    return problem("the append-only file is off",
                   "when the server stops it loses everything since its last snapshot, sales included",
                   "CONFIG SET appendonly yes, then CONFIG REWRITE");
  }
  if (info("aof_last_write_status") == "err") {
    return problem("the last write to the append-only file failed",
                   "the server refuses writes (MISCONF) until the disk accepts them",
                   "see the server's log; free space on its disk");
  }
  const std::string sync = config("appendfsync");
  if (sync == "no") {
    return problem("appendfsync is no", "a power loss loses up to 30 seconds of answered orders",
                   "CONFIG SET appendfsync always (or everysec: a second, at most two)");
  }
  good("the append-only file is on" + (sync.empty() ? "" : ", appendfsync " + shown(sync)) +
       (sync == "everysec" ? ": a power loss loses up to two seconds" : ""));
}

void Checkup::truncated() {
  expect("aof-load-truncated", config("aof-load-truncated"), "no", kNoConfig,
         "after a power loss that tore the append-only file, the server may execute half a decision: stock is taken "
         "and no result is written",
         "CONFIG SET aof-load-truncated no, then CONFIG REWRITE");
}

void Checkup::eviction() {
  expect("maxmemory-policy", info("maxmemory_policy"), "noeviction", kNoInfo,
         "at maxmemory the server deletes keys, and with them stock, records or results",
         "CONFIG SET maxmemory-policy noeviction, then CONFIG REWRITE");
}

void Checkup::memory() {
  const auto used = whole_of(info("used_memory")), limit = whole_of(info("maxmemory"));
  if (!used || !limit) return unknown("used and maxmemory", kNoInfo);
  if (*limit == 0) {
    return problem(mebibytes_text(*used) + " used, maxmemory is not set",
                   "when the machine's memory is full, the kernel kills the server; at maxmemory it makes orders wait",
                   "CONFIG SET maxmemory to three quarters of what the machine has for it, then CONFIG REWRITE");
  }
  const std::string what = mebibytes_text(*used) + " of " + mebibytes_text(*limit) + " used";
  if (static_cast<double>(*used) < kFullPart * static_cast<double>(*limit)) return good(what);
  problem(what, "at maxmemory the server refuses writes, and all orders wait",
          "raise maxmemory, or shorten retention.orders, retention.results and processing.dedup_window");
}

void Checkup::replicas() {
  const auto connected = whole_of(info("connected_slaves"));
  if (!connected) return unknown("how many are connected", kNoInfo);
  const std::string what = count_text(*connected, "replica");
  const std::string wanted = config("min-replicas-to-write"), lag = config("min-replicas-max-lag");
  // The server counts the replicas within the lag only if some are wanted.
  const auto near = whole_of(info("min_slaves_good_slaves"));
  if (near && *near < whole_of(wanted).value_or(0)) {
    return problem(
        what + ", " + std::to_string(*near) + " within min-replicas-max-lag, min-replicas-to-write " + shown(wanted),
        "the server refuses writes (NOREPLICAS), and all orders wait",
        "CONFIG SET min-replicas-to-write 0, or start a replica");
  }
  if (*connected == 0 && !settings_.has_sentinels() && !settings_.valkey.cluster) {
    return good("none; nothing takes over if this server fails");
  }
  if (*connected == 0) {
    const char* where =
        settings_.valkey.cluster ? ", and this is a node of a cluster" : ", and sentinels watch this server";
    return problem(what + where, "there is nothing to fail over to", "start a replica");
  }
  if (wanted.empty() || lag.empty()) return unknown(what + "; min-replicas-to-write", kNoConfig);
  if (wanted == "0" || whole_of(lag).value_or(0) > 5) {
    return problem(what + ", min-replicas-to-write " + shown(wanted) + ", min-replicas-max-lag " + shown(lag),
                   "a primary that is cut off keeps accepting orders; the failover loses them all",
                   "CONFIG SET min-replicas-to-write 1 min-replicas-max-lag 2, then CONFIG REWRITE");
  }
  good(what + ", min-replicas-to-write " + shown(wanted) + ", min-replicas-max-lag " + shown(lag));
}

// In a cluster: does the loss of one primary stop the lanes of the others?
void Checkup::coverage() {
  if (!settings_.valkey.cluster) return good("no cluster");
  expect("cluster-require-full-coverage", config("cluster-require-full-coverage"), "no", kNoConfig,
         "when one primary is lost all lanes stop until its replica has taken over, also those of other nodes",
         "CONFIG SET cluster-require-full-coverage no, then CONFIG REWRITE, on each node");
}

// Does the server accept clients without a password?
void Checkup::login() {
  const auto known = settings::find_primary(settings_, program_name());
  if (!known) return unknown("a login without a password", known.error());
  valkey::Endpoint endpoint = *known;
  if (endpoint.kind != valkey::Endpoint::Kind::kTcp) {
    return good("over a unix socket: the permissions of its directory decide who may connect");
  }
  endpoint.username.clear();
  endpoint.password.clear();
  auto stranger = valkey::SyncClient::connect(
      endpoint, {program_name(), settings_.valkey.connect_timeout, settings_.valkey.reply_timeout});
  if (!stranger) return good("a password is required");
  const auto answer = stranger->call(valkey::Command::of("PING"));
  if (!answer || (*answer)->is_error()) return good("a password is required");
  const std::string mode = config("protected-mode");
  if (mode == "yes") return good("no password; protected-mode allows this machine only");
  if (mode.empty()) return unknown("no password; protected-mode", kNoConfig);
  problem("no password is required, and protected-mode is off",
          "anyone who reaches the server can change stock and results, and delete everything",
          "load config/users.acl with your own passwords, and turn the default user off");
}

void Checkup::scripts() {
  const std::string text = config("busy-reply-threshold");
  const auto threshold = whole_of(text);
  if (!threshold) return unknown("busy-reply-threshold", kNoConfig);
  const std::string what = "busy-reply-threshold is " + text + " ms";
  if (*threshold == 0 || *threshold >= kBusyMs) return good(what);
  problem(what, "while a script runs longer than that, all other clients get BUSY, and one may kill it",
          "CONFIG SET busy-reply-threshold 5000, then CONFIG REWRITE");
}

void Checkup::clock() {
  if (!now_ms_) return unknown("the server's time", "the server denies TIME");
  const auto here = static_cast<uint64_t>(
      std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count());
  const uint64_t apart = std::max(here, *now_ms_) - std::min(here, *now_ms_);
  const std::string what = "the server's clock is " + duration_text(milliseconds(apart)) +
                           (here > *now_ms_ ? " behind" : " ahead of") + " this machine's";
  if (apart < kClockMs) return good("the server's and this machine's agree");
  problem(what, "IDs, ages and retentions go by the server's clock, logs by the machines'",
          "run an NTP client (chrony) on both machines");
}

}  // namespace orderd::tools
