// Through lua/stock.lua, in a pipeline: a recording may have a million SKUs.
#include "replay/set_stock.h"

#include "lua/scripts.h"
#include "order/settle_arguments.h"
#include "shared/output.h"

namespace orderd::replay {
namespace {

constexpr std::size_t kWindow = 500;

Result<bool> settle(tools::Client& client, std::size_t& sent) {
  for (; sent > 0; --sent) {
    const auto reply = client.read();
    if (!reply) return reply.failure();
    if ((*reply)->is_error()) return Failure{"cannot set the stock: " + client.explain((*reply)->text())};
  }
  return true;
}

}  // namespace

Result<uint64_t> set_stock(tools::Client& client, const settings::Settings& settings, Source& source) {
  const auto loaded = client.ask(valkey::Command::of("SCRIPT", "LOAD", lua::stock));
  if (!loaded) return loaded.failure();
  const std::string script((*loaded)->text());
  uint64_t count = 0;
  std::size_t sent = 0;
  valkey::Command command;
  while (source.look_patiently() == Source::State::kLine && source.line().kind == Recorded::Kind::kStock) {
    const Recorded& line = source.line();
    std::string head;
    order::append_stock_head(line.sku, head);
    command.begin(9);
    for (const std::string_view word : {std::string_view("EVALSHA"), std::string_view(script)}) command.add(word);
    command.add(2);
    command.add(settings.streams.results);
    command.add(settings.stock_keys().key(line.sku));
    command.add("set");
    command.add(std::to_string(line.quantity));
    command.add(head);
    command.add("order-replay");
    client.append(command);
    source.advance();
    ++count;
    if (++sent < kWindow) continue;
    if (auto settled = settle(client, sent); !settled) return settled.failure();
  }
  if (auto settled = settle(client, sent); !settled) return settled.failure();
  return count;
}

}  // namespace orderd::replay
