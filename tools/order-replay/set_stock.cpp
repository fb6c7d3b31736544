// Through lua/stock.lua, in a pipeline: a recording may have a million SKUs.
#include "order-replay/set_stock.h"

#include <string>
#include <utility>
#include <vector>

#include "lua/scripts.h"
#include "order-replay/route.h"
#include "order/settle_arguments.h"
#include "shared/client.h"
#include "shared/output.h"

namespace orderd::replay {
namespace {

constexpr std::size_t kWindow = 500;

// A lane's server, with commands in flight.
struct Desk {
  tools::Client client;
  std::string script;
  std::size_t sent = 0;
};

Result<std::vector<Desk>> open_desks(const tools::Context& context) {
  std::vector<Desk> desks;
  for (const settings::Settings& lane : context.lanes) {
    auto client = tools::Client::connect(lane);
    if (!client) return client.failure();
    const auto loaded = client->ask(valkey::Command::of("SCRIPT", "LOAD", lua::stock));
    if (!loaded) return loaded.failure();
    desks.push_back({std::move(*client), std::string((*loaded)->text())});
  }
  return desks;
}

Result<bool> settle(std::vector<Desk>& desks) {
  for (Desk& desk : desks) {
    for (; desk.sent > 0; --desk.sent) {
      const auto reply = desk.client.read();
      if (!reply) return reply.failure();
      if ((*reply)->is_error()) return Failure{"cannot set the stock: " + desk.client.explain((*reply)->text())};
    }
  }
  return true;
}

}  // namespace

Result<uint64_t> set_stock(const tools::Context& context, Source& source) {
  auto desks = open_desks(context);
  if (!desks) return desks.failure();
  const Route route(context);
  uint64_t count = 0;
  valkey::Command command;
  while (source.look_patiently() == Source::State::kLine && source.line().kind == Recorded::Kind::kStock) {
    const Recorded& line = source.line();
    const std::size_t lane = route.of_sku(line.sku);
    Desk& desk = (*desks)[lane];
    const settings::Settings& settings = context.lanes[lane];
    std::string head;
    order::append_stock_head(line.sku, head);
    command.begin(9);
    for (const std::string_view word : {std::string_view("EVALSHA"), std::string_view(desk.script)}) command.add(word);
    command.add(2);
    command.add(settings.streams.results);
    command.add(settings.stock_keys().key(line.sku));
    command.add("set");
    command.add(std::to_string(line.quantity));
    command.add(head);
    command.add("order-replay");
    desk.client.append(command);
    ++desk.sent;
    source.advance();
    if (++count % kWindow != 0) continue;
    if (auto settled = settle(*desks); !settled) return settled.failure();
  }
  if (auto settled = settle(*desks); !settled) return settled.failure();
  return count;
}

}  // namespace orderd::replay
