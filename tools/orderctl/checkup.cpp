// Each question is asked once. Why a finding matters, and the limits, come from docs/guarantees.md and
// docs/operations.md.
#include "orderctl/checkup.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <optional>

#include "orderctl/group_warnings.h"
#include "orderctl/questions.h"
#include "orderctl/status_facts.h"
#include "settings/rights.h"
#include "settings/topology.h"
#include "shared/entry.h"
#include "shared/options.h"
#include "shared/output.h"
#include "valkey/server.h"

namespace orderd::tools {
namespace {

using valkey::Command;
using valkey::OwnedReply;

// A difference of clocks, and an ID's distance into the future, that somebody would notice in ages and times.
constexpr uint64_t kClockMs = 5000;
constexpr uint64_t kFutureMs = 60'000;
// A rate is taken from a stream that has at least this many entries over this long.
constexpr uint64_t kRateEntries = 100, kRateMs = 60'000;
// A record with its key and its time to live, in the server's memory (docs/production.md).
constexpr uint64_t kRecordBytes = 157;
// The server needs room beside the data: for the copy-on-write of a rewrite, for buffers.
constexpr double kFullPart = 0.8;
// For so long a script may run before other clients are answered BUSY. A full call takes a few ms.
constexpr uint64_t kBusyMs = 1000;

std::string mib(uint64_t bytes) {
  return std::to_string((bytes + 512 * 1024) / (1024 * 1024)) + " MiB";
}

class Checkup {
 public:
  Checkup(Client& client, const std::vector<settings::Settings>& lanes)
      : client_(client), lanes_(lanes), settings_(lanes.front()), questions_(client) {}

  Result<std::vector<Finding>> run() {
    ask_server();
    version();
    role();
    persistence();
    truncated();
    eviction();
    memory();
    growth();
    replicas();
    login();
    rights();
    scripts();
    clock();
    ids();
    keys();
    groups();
    if (const auto outcome = questions_.outcome(); !outcome) return outcome.failure();
    if (!failure_.empty()) return Failure{failure_};
    return std::move(findings_);
  }

 private:
  void good(const char* check, std::string what) {
    findings_.push_back({Finding::State::kGood, check, std::move(what), "", ""});
  }
  void problem(const char* check, std::string what, std::string why, std::string fix) {
    findings_.push_back({Finding::State::kProblem, check, std::move(what), std::move(why), std::move(fix)});
  }
  void unknown(const char* check, std::string what, std::string why) {
    findings_.push_back({Finding::State::kUnknown, check, std::move(what), std::move(why), ""});
  }

  void ask_server() {
    const OwnedReply info = questions_.ask("INFO", "", Command::of("INFO", "everything"));
    std::string_view text = info->text();
    while (!text.empty()) {
      std::string_view line = text.substr(0, text.find("\r\n"));
      text.remove_prefix(std::min(text.size(), line.size() + 2));
      const std::size_t colon = line.find(':');
      if (colon != std::string_view::npos) info_.emplace(line.substr(0, colon), line.substr(colon + 1));
    }
    const OwnedReply config =
        questions_.ask("CONFIG GET", "",
                       Command::of("CONFIG", "GET", "appendfsync", "aof-load-truncated", "min-replicas-to-write",
                                   "min-replicas-max-lag", "protected-mode", "busy-reply-threshold"));
    for (std::size_t i = 0; i + 1 < config->size(); i += 2) {
      config_.emplace(config->at(i).text(), config->at(i + 1).text());
    }
    now_ms_ = read_time(questions_);
  }

  [[nodiscard]] std::string info(const char* name) const {
    const auto found = info_.find(name);
    return found == info_.end() ? "" : found->second;
  }
  [[nodiscard]] std::string config(const char* name) const {
    const auto found = config_.find(name);
    return found == config_.end() ? "" : found->second;
  }

  void version() {
    valkey::ServerFacts facts;
    facts.product = info("valkey_version").empty() ? "redis" : "valkey";
    facts.version = facts.product == "redis" ? info("redis_version") : info("valkey_version");
    facts.mode = info("redis_mode");
    if (facts.version.empty()) return unknown("version", "the server's version", "it does not say in INFO");
    const valkey::Error error = unfit(facts, client_.server(), settings_.valkey.cluster);
    if (error.kind == valkey::ErrorKind::kNone) return good("version", shown(facts.text()));
    problem("version", shown(facts.text()) + (facts.mode.empty() ? "" : ", " + shown(facts.mode)), shown(error.what),
            "use Valkey 8");
  }

  void role() {
    const std::string role = info("role");
    if (role.empty()) return unknown("role", "primary or replica", "the server does not say in INFO");
    if (role == "master") return good("role", "primary");
    problem("role", "this server is a replica of " + shown(info("master_host")) + ":" + shown(info("master_port")),
            "it accepts no writes, so that no order can be settled",
            "set valkey.url to the primary, or name the sentinels in valkey.sentinels");
  }

  void persistence() {
    const std::string enabled = info("aof_enabled");
    if (enabled.empty()) return unknown("persistence", "the append-only file", "the server does not say in INFO");
    if (enabled != "1") {
      return problem("persistence", "the append-only file is off",
                     "when the server stops it loses everything since its last snapshot, sales included",
                     "CONFIG SET appendonly yes, then CONFIG REWRITE");
    }
    if (info("aof_last_write_status") == "err") {
      return problem("persistence", "the last write to the append-only file failed",
                     "the server refuses writes (MISCONF) until the disk takes them",
                     "see the server's log; free space on its disk");
    }
    const std::string sync = config("appendfsync");
    if (sync == "no") {
      return problem("persistence", "appendfsync is no",
                     "a power loss takes up to 30 seconds of orders that were answered",
                     "CONFIG SET appendfsync always (or everysec: a second, at most two)");
    }
    good("persistence", "the append-only file is on" + (sync.empty() ? "" : ", appendfsync " + shown(sync)) +
                            (sync == "everysec" ? ": a power loss takes up to two seconds" : ""));
  }

  void truncated() {
    const std::string value = config("aof-load-truncated");
    if (value.empty()) return unknown("truncated", "aof-load-truncated", kNoConfig);
    if (value == "no") return good("truncated", "aof-load-truncated is no");
    problem("truncated", "aof-load-truncated is yes",
            "after a power loss that tore the append-only file, the server may execute half a decision: stock is taken "
            "and no result is written",
            "CONFIG SET aof-load-truncated no, then CONFIG REWRITE");
  }

  void eviction() {
    const std::string policy = info("maxmemory_policy");
    if (policy.empty()) return unknown("eviction", "maxmemory-policy", "the server does not say in INFO");
    if (policy == "noeviction") return good("eviction", "maxmemory-policy is noeviction");
    problem("eviction", "maxmemory-policy is " + shown(policy),
            "at maxmemory the server deletes keys, and with them stock, records or results",
            "CONFIG SET maxmemory-policy noeviction, then CONFIG REWRITE");
  }

  void memory() {
    const auto used = whole_of(info("used_memory")), limit = whole_of(info("maxmemory"));
    if (!used || !limit) return unknown("memory", "used and maxmemory", "the server does not say in INFO");
    if (*limit == 0) {
      return problem(
          "memory", mib(*used) + " used, maxmemory is not set",
          "when the machine's memory is full, the kernel kills the server; at maxmemory it makes orders wait",
          "CONFIG SET maxmemory to three quarters of what the machine has for it, then CONFIG REWRITE");
    }
    const std::string what = mib(*used) + " of " + mib(*limit) + " used";
    if (static_cast<double>(*used) < kFullPart * static_cast<double>(*limit)) return good("memory", what);
    problem("memory", what, "at maxmemory the server refuses writes, and all orders wait",
            "raise maxmemory, or shorten retention.orders, retention.results and processing.dedup_window");
  }

  // What one entry of a stream takes, and how many are added a second.
  struct Growth {
    uint64_t entry_bytes = 0;
    double rate = 0;
  };
  std::optional<Growth> growth_of(const std::string& stream) {
    if (!now_ms_) return std::nullopt;
    const OwnedReply length = questions_.ask("XLEN", stream, Command::of("XLEN", stream));
    const OwnedReply first = questions_.ask("XRANGE", stream, Command::of("XRANGE", stream, "-", "+", "COUNT", 1));
    const OwnedReply size = questions_.ask("MEMORY USAGE", stream, Command::of("MEMORY", "USAGE", stream));
    const auto oldest = parse_id(first->at(0).at(0).text());
    if (!length->is_integer() || !size->is_integer() || !oldest || oldest->ms + kRateMs > *now_ms_) return std::nullopt;
    const auto entries = static_cast<uint64_t>(length->integer());
    if (entries < kRateEntries) return std::nullopt;
    return Growth{static_cast<uint64_t>(size->integer()) / entries,
                  1000.0 * static_cast<double>(entries) / static_cast<double>(*now_ms_ - oldest->ms)};
  }

  void growth() {
    const auto& kept = settings_.retention;
    const auto seconds = [](milliseconds time) { return static_cast<double>(time.count()) / 1000; };
    double rate = 0, bytes = 0;
    for (const settings::Settings& lane : lanes_) {
      const auto orders = growth_of(lane.streams.orders), results = growth_of(lane.streams.results);
      if (!orders || !results) continue;
      rate += orders->rate;
      bytes += orders->rate * (seconds(kept.orders) * static_cast<double>(orders->entry_bytes) +
                               seconds(kept.results) * static_cast<double>(results->entry_bytes) +
                               seconds(settings_.processing.dedup_window) * static_cast<double>(kRecordBytes));
    }
    const auto limit = whole_of(info("maxmemory")), machine = whole_of(info("total_system_memory"));
    if (rate == 0 || !limit || (*limit == 0 && !machine)) {
      return unknown("growth", "memory at today's rate",
                     "it takes 100 requests over a minute or more, and the rights to XLEN, XRANGE and MEMORY USAGE");
    }
    if (kept.orders.count() == 0 || kept.results.count() == 0) {
      return problem("growth", "retention.orders or retention.results is 0s: a stream grows forever",
                     "at some time it fills the memory", "set a retention");
    }
    const auto need = static_cast<uint64_t>(bytes);
    const uint64_t room = *limit == 0 ? *machine : *limit;
    const std::string what = std::to_string(std::lround(rate)) + " requests/s take " + mib(need) +
                             " until the retentions are reached, of " + mib(room);
    if (static_cast<double>(need) < kFullPart * static_cast<double>(room)) return good("growth", what);
    problem("growth", what, "when the memory is full, all orders wait",
            "shorten retention.orders (" + duration_text(kept.orders) + "), retention.results (" +
                duration_text(kept.results) + ") or processing.dedup_window (" +
                duration_text(settings_.processing.dedup_window) + "), or raise maxmemory");
  }

  void replicas() {
    const auto connected = whole_of(info("connected_slaves"));
    if (!connected) return unknown("replicas", "how many are connected", "the server does not say in INFO");
    const std::string what = count_text(*connected, "replica");
    if (*connected == 0 && !settings_.has_sentinels()) {
      return good("replicas", "none; nothing takes over when this server is gone");
    }
    if (*connected == 0) {
      return problem("replicas", what + ", and sentinels watch this server", "there is nothing to fail over to",
                     "start a replica");
    }
    const std::string wanted = config("min-replicas-to-write"), lag = config("min-replicas-max-lag");
    if (wanted.empty() || lag.empty()) return unknown("replicas", what + "; min-replicas-to-write", kNoConfig);
    if (wanted == "0" || whole_of(lag).value_or(0) > 5) {
      return problem("replicas",
                     what + ", min-replicas-to-write " + shown(wanted) + ", min-replicas-max-lag " + shown(lag),
                     "a primary that is cut off goes on selling; the failover loses all of it",
                     "CONFIG SET min-replicas-to-write 1 min-replicas-max-lag 2, then CONFIG REWRITE");
    }
    good("replicas", what + ", min-replicas-to-write " + shown(wanted) + ", min-replicas-max-lag " + shown(lag));
  }

  // Does the server let in somebody who gives no password?
  void login() {
    const auto known = settings::find_primary(settings_, program_name());
    if (!known) return unknown("login", "a login without a password", known.error());
    valkey::Endpoint endpoint = *known;
    if (endpoint.kind != valkey::Endpoint::Kind::kTcp) {
      return good("login", "over a unix socket: who may connect, the permissions of its directory say");
    }
    endpoint.username.clear();
    endpoint.password.clear();
    auto stranger = valkey::SyncClient::connect(
        endpoint, {program_name(), settings_.valkey.connect_timeout, settings_.valkey.reply_timeout});
    if (!stranger) return good("login", "nobody without a password");
    const auto answer = stranger->call(Command::of("PING"));
    if (!answer || (*answer)->is_error()) return good("login", "nobody without a password");
    const std::string mode = config("protected-mode");
    if (mode == "yes") return good("login", "no password; protected-mode lets in this machine alone");
    if (mode.empty()) return unknown("login", "no password; protected-mode", kNoConfig);
    problem("login", "anybody who reaches the server gets in, and protected-mode is off",
            "who gets in can change stock and results, and delete everything",
            "load config/users.acl with your own passwords, and turn the default user off");
  }

  void rights() {
    std::vector<settings::Right> missing;
    for (const settings::Settings& lane : lanes_) {
      const auto of_lane = missing_rights(client_.connection(), lane);
      if (!of_lane) {
        failure_ = of_lane.error();
        return;
      }
      // A right to a command without a key is missing for all lanes.
      for (const settings::Right& right : *of_lane) {
        const auto same = [&](const settings::Right& each) { return each.grant == right.grant; };
        if (std::none_of(missing.begin(), missing.end(), same)) missing.push_back(right);
      }
    }
    const auto endpoint = settings_.endpoint();
    const std::string user = endpoint && !endpoint->username.empty() ? shown(endpoint->username) : "default";
    if (missing.empty()) return good("rights", "the user '" + user + "' may do what orderd needs" + in_lanes());
    for (const settings::Right& right : missing) {
      problem("rights", "the user '" + user + "' may not run " + shown(right.what),
              "orderd needs it; where orderd has another user, --skip rights, and run orderd --check --online with its "
              "settings",
              "ACL SETUSER " + user + " '" + shown(right.grant) + "'");
    }
  }

  void scripts() {
    const std::string text = config("busy-reply-threshold");
    const auto threshold = whole_of(text);
    if (!threshold) return unknown("scripts", "busy-reply-threshold", kNoConfig);
    const std::string what = "busy-reply-threshold is " + text + " ms";
    if (*threshold == 0 || *threshold >= kBusyMs) return good("scripts", what);
    problem("scripts", what,
            "while a script runs for longer, all other clients are answered BUSY, and somebody may kill it",
            "CONFIG SET busy-reply-threshold 5000, then CONFIG REWRITE");
  }

  void clock() {
    if (!now_ms_) return unknown("clock", "the server's time", "the server denies TIME");
    const auto here = static_cast<uint64_t>(
        std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count());
    const uint64_t apart = std::max(here, *now_ms_) - std::min(here, *now_ms_);
    const std::string what = "the server's clock is " + duration_text(milliseconds(apart)) +
                             (here > *now_ms_ ? " behind" : " ahead of") + " this machine's";
    if (apart < kClockMs) return good("clock", "the server's and this machine's agree");
    problem("clock", what, "IDs, ages and retentions go by the server's clock, logs by the machines'",
            "run an NTP client (chrony) on both machines");
  }

  void ids() {
    if (!now_ms_) return unknown("ids", "from the future", "the server denies TIME");
    bool found = false, known = false;
    std::vector<std::string> streams;
    for (const settings::Settings& lane : lanes_) {
      streams.insert(streams.end(), {lane.streams.orders, lane.streams.results});
    }
    for (const std::string& stream : streams) {
      const OwnedReply reply =
          questions_.ask("XREVRANGE", stream, Command::of("XREVRANGE", stream, "+", "-", "COUNT", 1));
      known = known || !reply->lost();
      const auto newest = parse_id(reply->at(0).at(0).text());
      if (!newest || newest->ms <= *now_ms_ + kFutureMs) continue;
      found = true;
      const std::string time = time_text(newest->ms);
      problem("ids",
              "the newest entry of '" + shown(stream) + "' is of the future: " + newest->text() +
                  (time.empty() ? "" : ", " + time),
              "each new ID is above it: until then ages are wrong and the retention removes nothing",
              "let producers push with '*'; where the server's clock was wrong, wait, or begin a new stream "
              "(docs/operations.md)");
    }
    if (!found && known) good("ids", "none from the future" + in_lanes());
    if (!found && !known) unknown("ids", "from the future", "the server denies XREVRANGE");
  }

  // What the questions before have found.
  void keys() {
    for (const settings::Settings& lane : lanes_) {
      for (const auto& [name, key] :
           {std::pair("HGETALL", lane.streams.orders + ":position"), std::pair("GET", lane.streams.orders + ":owner"),
            std::pair("XLEN", lane.dead())}) {
        (void)questions_.ask(name, key, Command::of(name, key));
      }
    }
    const auto& wrong = questions_.wrong_types();
    for (const std::string& each : wrong) {
      problem("keys", each, "orderd waits until the key holds what it expects",
              "RENAME the key, or change the setting");
    }
    if (wrong.empty()) good("keys", "of the types that orderd expects" + in_lanes());
  }

  void groups() {
    if (!now_ms_) return unknown("groups", "that keep streams from being trimmed", "the server denies TIME");
    std::vector<std::string> warnings;
    for (const settings::Settings& lane : lanes_) warn_of_groups(questions_, lane, *now_ms_, warnings);
    for (const std::string& each : warnings) {
      const std::size_t advice = each.find("; if nobody uses it: ");
      problem("groups", each.substr(0, advice), "a stream that is not trimmed fills the memory in the end",
              "let its consumers read and acknowledge; or, " +
                  (advice == std::string::npos ? "delete the group" : each.substr(advice + 2)));
    }
    if (warnings.empty()) good("groups", "none keeps a stream from being trimmed" + in_lanes());
  }

  [[nodiscard]] std::string in_lanes() const {
    return lanes_.size() == 1 ? "" : ", in " + std::to_string(lanes_.size()) + " lanes";
  }

  static constexpr const char* kNoConfig = "the server denies CONFIG GET";

  Client& client_;
  const std::vector<settings::Settings>& lanes_;
  const settings::Settings& settings_;  // of the first of them, for what is of the server
  Questions questions_;
  std::map<std::string, std::string, std::less<>> info_, config_;
  std::optional<uint64_t> now_ms_;
  std::vector<Finding> findings_;
  std::string failure_;
};

}  // namespace

Result<std::vector<Finding>> check_up(Client& client, const std::vector<settings::Settings>& lanes) {
  return Checkup(client, lanes).run();
}

}  // namespace orderd::tools
