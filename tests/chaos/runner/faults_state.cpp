// Rows V7 to V9, V11: groups, streams and keys that are taken away or become something else.
#include <memory>
#include <stdexcept>

#include "chaos/runner/fault.h"
#include "chaos/runner/pace.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

std::vector<std::string> texts_of(valkey::Reply reply) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < reply.size(); ++i) texts.emplace_back(reply.at(i).text());
  return texts;
}

Injury destroy_group(World& world, std::size_t /*daemon*/) {
  (void)world.call({"XGROUP", "DESTROY", "orders", "orderd"});  // the stream may be missing just now
  return {};
}

// Some of what was delivered, or all of it, is delivered again: counted from the last one, or from what the group was
// last known to have settled.
Injury set_group_back(World& world, std::size_t /*daemon*/) {
  static const std::vector<std::string> kFar = {"2", "3", "5", "20", "1000", "1000000"};
  (void)world.call({"EVAL", R"(
      local groups = server.pcall('XINFO', 'GROUPS', 'orders')
      if groups.err or not groups[1] then return 0 end
      local from = groups[1][8]
      if ARGV[2] == 'settled' then from = server.pcall('HGET', 'orders:orderd:position', 'settled') end
      if type(from) ~= 'string' then return 0 end
      local last = server.call('XREVRANGE', 'orders', from, '-', 'COUNT', ARGV[1])
      return server.call('XGROUP', 'SETID', 'orders', 'orderd', #last == tonumber(ARGV[1]) and last[#last][1] or '0'))",
                    "0", kFar[world.random.number(kFar.size())], world.random.chance(50) ? "settled" : "delivered"});
  // What is deleted while it is delivered again would pass for lost (docs/guarantees.md).
  return {world.between(300, 400), {}};
}

// Past what nobody has read yet, and past some requests that come in the same moment: daemons are quick to read.
Injury set_group_forward(World& world, std::size_t /*daemon*/) {
  std::vector<Order> orders;
  for (std::size_t i = world.random.number(1, 20); i > 0; --i) orders.push_back(world.probe());
  std::vector<std::string> words = {"EVAL", R"(
      local groups = server.pcall('XINFO', 'GROUPS', 'orders')
      if groups.err or not groups[1] then return {} end
      local width = tonumber(ARGV[1])
      for first = 2, #ARGV, width do server.call('XADD', 'orders', '*', unpack(ARGV, first, first + width - 1)) end
      local ids = {}
      for _, entry in ipairs(server.call('XRANGE', 'orders', '(' .. groups[1][8], '+')) do ids[#ids + 1] = entry[1] end
      server.call('XGROUP', 'SETID', 'orders', 'orderd', ids[#ids])
      return ids)",
                                    "0", std::to_string(2 * orders.front().entry.size())};
  for (const Order& order : orders) {
    for (const auto& [name, value] : order.entry) words.insert(words.end(), {name, value});
  }
  const valkey::OwnedReply reply = world.call(words);
  if (reply->is_error()) throw std::runtime_error(std::string(reply->text()));
  const std::vector<std::string> passed = texts_of(reply.view());
  if (passed.empty()) return {};  // no group just now
  world.record.pass_over(passed);
  for (std::size_t i = 0; i < orders.size(); ++i) {
    world.record.add(orders[i], Outcome::kOk, EntryId::of(passed.at(passed.size() - orders.size() + i)));
  }
  return {};
}

// What was not settled yet may never be: those entries are excused. In the millisecond of the stream's last entry
// nothing is done: a new stream would give that entry's id again.
Injury delete_stream(World& world, std::size_t /*daemon*/) {
  static constexpr const char* kDelete = R"(
      local stream = server.pcall('XINFO', 'STREAM', 'orders')
      if stream.err then return {} end
      local time = server.call('TIME')
      local last = 0
      for i = 1, #stream, 2 do
        if stream[i] == 'last-generated-id' then last = tonumber(string.match(stream[i + 1], '^%d+')) end
      end
      if time[1] * 1000 + math.floor(time[2] / 1000) <= last then return 'not yet' end
      local ids, first = {}, '-'
      local groups = server.pcall('XINFO', 'GROUPS', 'orders')
      if not groups.err and groups[1] then
        local pending = server.call('XPENDING', 'orders', 'orderd')
        first = pending[1] > 0 and pending[2] or '(' .. groups[1][8]
      end
      for _, entry in ipairs(server.call('XRANGE', 'orders', first, '+')) do ids[#ids + 1] = entry[1] end
      server.call('DEL', 'orders')
      return ids)";
  for (int tries = 0; tries < 1000; ++tries) {
    const valkey::OwnedReply gone = world.call({"EVAL", kDelete, "0"});
    if (gone->is_error()) throw std::runtime_error(std::string(gone->text()));
    if (gone->is_array()) {
      world.record.excuse(texts_of(gone.view()));
      return {};
    }
  }
  throw std::runtime_error("the orders stream is ahead of the clock");
}

// Some of the entries that are pending, and some that nobody has read.
Injury delete_entries(World& world, std::size_t /*daemon*/) {
  const valkey::OwnedReply gone = world.call({"EVAL", R"(
      local ids = {}
      local groups = server.pcall('XINFO', 'GROUPS', 'orders')
      if groups.err or not groups[1] then return ids end
      for _, entry in ipairs(server.call('XPENDING', 'orders', 'orderd', '-', '+', '5')) do ids[#ids + 1] = entry[1] end
      for _, entry in ipairs(server.call('XRANGE', 'orders', '(' .. groups[1][8], '+', 'COUNT', '3')) do ids[#ids + 1] = entry[1] end
      if #ids > 0 then server.call('XDEL', 'orders', unpack(ids)) end
      return ids)",
                                              "0"});
  if (gone->is_error()) throw std::runtime_error(std::string(gone->text()));
  world.record.excuse(texts_of(gone.view()));
  return {};
}

// What somebody does who thinks that a stream has to be kept short: some of what goes was not read by anybody.
Injury trim_stream(World& world, std::size_t /*daemon*/) {
  const valkey::OwnedReply gone = world.call({"EVAL", R"(
      local ids = {}
      for _, entry in ipairs(server.call('XRANGE', 'orders', '-', '+')) do ids[#ids + 1] = entry[1] end
      server.call('XTRIM', 'orders', 'MAXLEN', '5')
      for _ = 1, 5 do ids[#ids] = nil end
      local unsettled, groups = {}, server.pcall('XINFO', 'GROUPS', 'orders')
      local pending = not groups.err and groups[1] and server.call('XPENDING', 'orders', 'orderd') or { 0 }
      local function key(id)
        local ms, sequence = string.match(id, '^(%d+)%-(%d+)$')
        return string.format('%20s-%20s', ms, sequence)
      end
      local first = pending[1] > 0 and key(pending[2]) or (not groups.err and groups[1] and key(groups[1][8]) or '')
      for _, id in ipairs(ids) do
        if key(id) >= first then unsettled[#unsettled + 1] = id end
      end
      return unsettled)",
                                              "0"});
  if (gone->is_error()) throw std::runtime_error(std::string(gone->text()));
  world.record.excuse(texts_of(gone.view()));
  return {};
}

// A key stands aside for a while, and something of another type stands in its place.
Injury in_the_way(World& world, const std::string& key) {
  const valkey::OwnedReply moved = world.call({"EVAL", R"(
      if server.call('EXISTS', KEYS[1]) == 1 then server.call('RENAME', KEYS[1], KEYS[2]) end
      server.call('SET', KEYS[1], 'in the way')
      return 1)",
                                               "2", key, key + ":aside"});
  if (moved->is_error()) throw std::runtime_error(std::string(moved->text()));
  return {world.between(50, 600), [&world, key] {
            const valkey::OwnedReply back = world.call({"EVAL", R"(
                server.call('DEL', KEYS[1])
                if server.call('EXISTS', KEYS[2]) == 1 then server.call('RENAME', KEYS[2], KEYS[1]) end
                return 1)",
                                                        "2", key, key + ":aside"});
            if (back->is_error()) throw std::runtime_error(std::string(back->text()));
          }};
}

Injury results_in_the_way(World& world, std::size_t /*daemon*/) {
  return in_the_way(world, "results");
}

Injury dead_letters_in_the_way(World& world, std::size_t /*daemon*/) {
  return in_the_way(world, "orders:dead");
}

Injury position_in_the_way(World& world, std::size_t /*daemon*/) {
  return in_the_way(world, "orders:orderd:position");
}

// Something else stands where an order's record goes: the order waits, and all behind it.
Injury record_in_the_way(World& world, std::size_t /*daemon*/) {
  const Order order = world.probe();
  const std::string key = "order:" + order.id;
  (void)world.ask({"RPUSH", key, "in the way"});
  (void)world.push(order);
  return {world.between(50, 600), [&world, key] { (void)world.ask({"DEL", key}); }};
}

// An SKU whose stock key holds what is no stock; later it gets one, by the operator's command.
Injury bad_stock(World& world, std::size_t /*daemon*/) {
  static const std::vector<std::vector<std::string>> kBad = {{},
                                                             {"SET", "seven"},
                                                             {"SET", "1e3"},
                                                             {"SET", "-4"},
                                                             {"SET", "007"},
                                                             {"SET", "9007199254740992"},
                                                             {"SET", "99999999999999999999"},
                                                             {"RPUSH", "7"}};
  Order order = world.probe();
  const std::string sku = "odd-" + order.id;
  std::vector<std::string> words = kBad[world.random.number(kBad.size())];
  if (!words.empty()) {
    words.insert(words.begin() + 1, "product:" + sku + ":stock");
    (void)world.ask(words);
  }
  order.lines = {{sku, 1}};
  write_entry(order, Form::kJson);
  Order mixed = world.probe();
  mixed.lines.emplace_back(sku, 2);
  write_entry(mixed, Form::kJson);
  (void)world.push({order, mixed});
  return {world.between(20, 100), [&world, sku] {
            test::ProcessOptions options;
            options.environment = {"ORDERD_VALKEY_URL=unix://" + world.server.endpoint().path};
            test::Process stock({world.programs.orderctl, "stock", "set", sku, "10", "--reason", "mended"}, options);
            if (stock.wait() != 0) throw std::runtime_error("orderctl stock set: " + stock.errors());
            Order good = world.probe();
            good.lines = {{sku, 3}};
            write_entry(good, Form::kFlat);
            (void)world.push(good);
          }};
}

}  // namespace

void add_state_faults(std::vector<Fault>& faults) {
  const auto add = [&](const char* row, const char* name, const char* part, Injury (*play)(World&, std::size_t)) {
    faults.push_back({row, name, Touches::kServerState, part, Kind::kSafe, play});
  };
  add("V8", "XGROUP DESTROY", "group", destroy_group);
  add("V8", "XGROUP SETID back", "group", set_group_back);
  add("V8", "XGROUP SETID forward", "group", set_group_forward);
  add("V9", "DEL of the orders stream", "group", delete_stream);
  add("V9", "XDEL of pending and of undelivered entries", "group", delete_entries);
  add("V9", "XTRIM of what nobody has read", "group", trim_stream);
  add("V11", "something else at the results key", "results", results_in_the_way);
  add("V11", "something else at the dead-letter key", "dead", dead_letters_in_the_way);
  add("V11", "something else at the position key", "position", position_in_the_way);
  add("V11", "something else at an order's record", "record", record_in_the_way);
  add("V11", "stock that is no stock, then mended", "results", bad_stock);
}

}  // namespace orderd::chaos
