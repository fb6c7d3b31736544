// V11, V22 to V24: keys with a foreign value; the position is deleted or changed by hand, the lane is paused, or the
// key that names the active daemon is deleted or overwritten. V19: the daemons' user loses rights or its password
// during a load with malformed requests and duplicates. Every step of a call of lua/settle.lua is refused at some
// point.
#include "order-chaos/fault.h"
#include "order-chaos/stream_step.h"
#include "support/wait_for.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;
using Kind::kAnywhere;
using Kind::kSafe;
using Touches::kOwner;
using Touches::kRights;
using Touches::kStream;

constexpr const char* kPosition = "orders:position";
constexpr auto kResumeDeadline = 10s;

// A key is renamed for a while, with a value of another type in its place.
Injected in_the_way(Trial& trial, const std::string& key) {
  const bool list = trial.random.chance(50);
  (void)trial.run(R"(
      if server.call('EXISTS', ARGV[1]) == 1 then server.call('RENAME', ARGV[1], ARGV[2]) end
      if ARGV[3] == 'list' then
        server.call('RPUSH', ARGV[1], 'in the way')
      else
        server.call('SET', ARGV[1], 'in the way')
      end
      return {})",
                  {key, key + ":aside", list ? "list" : "string"});
  return {trial.between(50, 600), [&trial, key] {
            (void)trial.run(R"(
                server.call('DEL', ARGV[1])
                if server.call('EXISTS', ARGV[2]) == 1 then server.call('RENAME', ARGV[2], ARGV[1]) end
                return {})",
                            {key, key + ":aside"});
          }};
}

// A foreign value at the key of an order's record: the order is answered with bad_record, and nothing waits for it.
Injected record_in_the_way(Trial& trial, Daemon& /*daemon*/) {
  static const std::vector<Words> kForeign = {
      {"RPUSH", "in the way"}, {"SET", "in the way"}, {"SET", ""}, {"SET", "7"}, {"SADD", "in the way"}};
  const Order order = trial.probe();
  const std::string key = "orders:order:" + order.id;
  const Words& foreign = kForeign[trial.random.number(kForeign.size())];
  (void)trial.ask({foreign[0], key, foreign[1]});
  trial.record.foreign_records[order.id] = false;
  const std::string request = trial.push({order}).at(0).entry.text();
  return {trial.between(50, 600), [&trial, key, order, request] {
            const bool answered = trial.tailer->has(request);
            (void)trial.ask({"DEL", key});
            if (answered) trial.record.foreign_records[order.id] = true;
          }};
}

// An SKU whose stock key holds an invalid value, later fixed with orderctl stock set.
Injected bad_stock(Trial& trial, Daemon& /*daemon*/) {
  static const Words kBad = {"", "seven", "1e3", "-4", "007", "9007199254740992", "99999999999999999999", "a list"};
  Order mixed = trial.probe();
  const std::string sku = "odd-" + mixed.id;
  const std::string& bad = kBad[trial.random.number(kBad.size())];
  if (!bad.empty()) (void)trial.ask({bad == "a list" ? "RPUSH" : "SET", "product:" + sku + ":stock", bad});
  mixed.lines.emplace_back(sku, 2);
  write_entry(mixed, Form::kJson);
  (void)trial.push({trial.probe(sku), mixed});
  return {trial.between(20, 100), [&trial, sku] {
            test::Process stock({trial.programs.orderctl, "stock", "set", sku, "10", "--reason", "repaired"},
                                {.environment = trial.orderctl_environment()});
            if (stock.wait() != 0) throw std::runtime_error("orderctl stock set: " + stock.errors());
            (void)trial.push({trial.probe(sku, 3)});
          }};
}

// To an entry that was settled before, to the beginning, or to an invalid ID.
Injected move_back(Trial& trial, Daemon& /*daemon*/) {
  static const Words kFar = {"2", "3", "20", "65", "1000", "1000000"};
  trial.record.position_moved_back = true;
  (void)trial.run(R"(
      if server.call('EXISTS', 'orders:position') == 0 then return {} end
      local newest = newest_request()
      if not newest then return {} end
      local page = server.call('XREVRANGE', 'orders', newest, '-', 'COUNT', ARGV[1])
      local id = #page == tonumber(ARGV[1]) and page[#page][1] or ARGV[2]
      server.call('HSET', 'orders:position', 'id', id)
      return {})",
                  {kFar[trial.random.number(kFar.size())], trial.random.chance(80) ? "0-0" : "nothing"});
  return {};
}

// To a waiting entry, to the last one, or to a future ID. The same step adds entries, so that some are waiting.
Injected move_forward(Trial& trial, Daemon& /*daemon*/) {
  (void)stream_step(trial, Stream::kStays, some_orders(trial), R"(
      local id = step.waiting[1 + tonumber(arguments[2]) % #step.waiting]
      if arguments[1] == 'future' then id = string.gsub(id, '^%d', '9') end
      if server.call('EXISTS', 'orders:position') == 1 then server.call('HSET', 'orders:position', 'id', id) end)",
                    {trial.random.chance(80) ? "entry" : "future", std::to_string(trial.random.number(1000))});
  return {};
}

// For a while: the name of no daemon, of another daemon, or an empty name.
Inject overwrite_owner(bool expires) {
  return [expires](Trial& trial, Daemon&) -> Injected {
    const Words names = {"stranger 0123abcd 1732386423123 3000",
                         trial.daemons[0]->name() + " 0123abcd 1 3000",
                         "stranger",
                         " ",
                         "two words 01 1 3600000",
                         ""};
    Words words = {"SET", "orders:owner", names[trial.random.number(names.size())]};
    if (expires) words.insert(words.end(), {"PX", std::to_string(trial.random.number(1, 1000))});
    (void)trial.ask(words);
    return {trial.between(100, 900), {}};
  };
}

// ACL SETUSER rules that each take away one right: a command, all access to a key, write access to it.
std::vector<Words> all_losses() {
  std::vector<Words> losses;
  for (const char* command : {"xadd", "xdel", "set", "del", "decrby", "hset", "hmget", "mget", "get", "exists", "xread",
                              "evalsha", "xgroup", "xinfo"})
    losses.push_back({"-" + std::string(command)});
  const Words keys = {"orders",         "results",   "orders:dead",  "orders:position",
                      "orders:order:*", "product:*", "orders:owner", "orders:standby"};
  for (const bool reads : {false, true}) {
    for (const std::string& lost : keys) {
      Words rules = {"resetkeys"};
      for (const std::string& key : keys) {
        if (key != lost) rules.push_back("~" + key);
      }
      if (reads) rules.push_back("%R~" + lost);
      losses.push_back(rules);
    }
  }
  return losses;
}

std::string joined(const Words& rules) {
  std::string text;
  for (const std::string& rule : rules) text += " " + rule;
  return text;
}

void set_user(Trial& trial, const Words& rules) {
  Words words = {"ACL", "SETUSER", kDaemonUser};
  words.insert(words.end(), rules.begin(), rules.end());
  (void)trial.ask(words);
}

const Words kAllRights = {"+@all", "allkeys"};

void take_away(Trial& trial, const Words& rules) {
  Record& record = trial.record;
  record.replied_until = std::min(record.replied_until, trial.tailer->newest());
  set_user(trial, rules);
}

// What is lost for so long, and restored with these rules.
Injected until_given_back(Trial& trial, std::chrono::milliseconds lasts, const Words& rules) {
  return {lasts, [&trial, rules] {
            set_user(trial, rules);
            trial.refuses_daemons(false);
          }};
}

Injected lose_one(Trial& trial, Daemon& /*daemon*/) {
  const auto losses = all_losses();
  const auto& loss = losses[trial.random.number(losses.size())];
  trial.note("ACL SETUSER" + joined(loss));
  take_away(trial, loss);
  trial.refuses_daemons(true);
  return until_given_back(trial, trial.between(50, 600), kAllRights);
}

// Takes away each right in turn; the next one when processing has resumed.
Injected lose_each(Trial& trial, Daemon& /*daemon*/) {
  trial.refuses_daemons(true);
  for (const auto& loss : all_losses()) {
    take_away(trial, loss);
    let_pass(trial.between(20, 120));
    set_user(trial, kAllRights);
    const std::size_t results = trial.tailer->size();
    if (!test::poll_until([&] { return trial.tailer->size() > results; }, kResumeDeadline))
      trial.incident("processing has not resumed after ACL SETUSER" + joined(loss));
  }
  return until_given_back(trial, 0ms, kAllRights);
}

Injected another_password(Trial& trial, Daemon& /*daemon*/) {
  set_user(trial, {"resetpass", ">another"});
  trial.refuses_daemons(true);
  (void)trial.call({"CLIENT", "KILL", "USER", kDaemonUser});
  return until_given_back(trial, trial.between(50, 900), {"resetpass", std::string(">") + kDaemonPassword});
}

// As orderctl pause and resume do it. Nothing may be settled in between.
Injected pause_lane(Trial& trial, Daemon& /*daemon*/) {
  const Words before = trial.run(R"(
      server.call('HSET', 'orders:position', 'paused', '1 by a fault')
      return { newest_request() or '0-0' })");
  return {trial.between(50, 900), [&trial, before] {
            const Words after = trial.run(R"(
                server.call('HDEL', 'orders:position', 'paused')
                return { newest_request() or '0-0' })");
            if (after != before) trial.incident("paused after request " + before[0] + ", but settled " + after[0]);
          }};
}

Inject foreign_value(const char* key) {
  return [key](Trial& trial, Daemon&) { return in_the_way(trial, key); };
}

}  // namespace

const std::vector<Fault> kKeyFaults = {
    {"V11", "foreign value at the results key", Touches::kResults, kSafe, foreign_value("results")},
    {"V11", "foreign value at the dead-letter key", Touches::kDeadLetters, kSafe, foreign_value("orders:dead")},
    {"V11", "foreign value at the position key", kStream, kSafe, foreign_value(kPosition)},
    {"V11", "foreign value at an order's record", Touches::kRecord, kSafe, record_in_the_way},
    // Orders for it are answered with bad_stock meanwhile.
    {"V11", "foreign value at the stock of an SKU on sale", Touches::kStock, kSafe,
     [](Trial& trial, Daemon&) {
       const Stock stock = OrderSource::stock();
       const std::string& sku = stock[trial.random.number(stock.size())].first;
       ++trial.record.foreign_stock[sku];
       return in_the_way(trial, "product:" + sku + ":stock");
     }},
    {"V11", "invalid stock value, then fixed", Touches::kResults, kSafe, bad_stock},
    {"V19", "a right is taken away", kRights, kAnywhere, lose_one},
    {"V19", "each right is taken away in turn", kRights, kAnywhere, lose_each, {.alone = true}},
    {"V19", "another password, and back", kRights, kAnywhere, another_password},
    {"V22", "DEL of the position", kStream, kAnywhere, command({"DEL", kPosition})},
    {"V22", "the position moved back by hand", kStream, kAnywhere, move_back},
    {"V22", "the position moved forward by hand", kStream, kSafe, move_forward},
    // The whole hash as it was a moment earlier.
    {"V22", "the position replaced by an older copy", kStream, kSafe,
     [](Trial& trial, Daemon&) -> Injected {
       const std::string copy = trial.ask({"DUMP", kPosition});
       if (copy.empty()) throw std::runtime_error("there is no position at the moment");
       trial.record.position_moved_back = true;
       return {trial.between(0, 500), [&trial, copy] {
                 (void)trial.ask({"RESTORE", kPosition, "0", copy, "REPLACE"});
               }};
     }},
    {"V23", "DEL of the owner's key", kOwner, kAnywhere, command({"DEL", "orders:owner"})},
    {"V23", "the owner's key overwritten, with expiry", kOwner, kAnywhere, overwrite_owner(true)},
    {"V23", "the owner's key overwritten, without expiry", kOwner, kAnywhere, overwrite_owner(false)},
    {"V23", "foreign value at the key of the owner or the standbys", kOwner, kSafe,
     [](Trial& trial, Daemon&) -> Injected {
       const bool owner = trial.random.chance(50);
       const std::string key = owner ? "orders:owner" : "orders:standby";
       (void)trial.ask({"DEL", key});
       (void)trial.ask({owner ? "RPUSH" : "SET", key, "in the way"});
       return {trial.between(100, 900), [&trial, key] { (void)trial.ask({"DEL", key}); }};
     }},
    {"V24", "a pause, then a resume", kStream, kSafe, pause_lane},
};

}  // namespace orderd::chaos
