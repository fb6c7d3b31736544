// Lines step through the SKUs by a number that has no common factor with round numbers, so that neighbors in the stream
// are not neighbors among the keys.
#include "benchmark/shape.h"

#include <algorithm>

#include "support/valkey_helpers.h"

namespace orderd::bench {
namespace {

constexpr uint64_t kRound = 10'000;  // keys or requests per call

constexpr std::string_view kFill = R"lua(#!lua
local first, last, lines, skus = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
for i = first, last do
  if lines == 1 then
    server.call('XADD', KEYS[1], '*', 'order',
      string.format('{"id":"o-%.0f","sku":"sku-%d","quantity":1}', i, (i * 7919) % skus))
  else
    local items = {}
    for k = 0, lines - 1 do
      items[#items + 1] = string.format('{"sku":"sku-%d","quantity":1}', ((i * lines + k) * 7919) % skus)
    end
    server.call('XADD', KEYS[1], '*', 'order',
      string.format('{"id":"o-%.0f","items":[%s]}', i, table.concat(items, ',')))
  end
end
)lua";

constexpr std::string_view kStockUp = R"lua(
for i = tonumber(ARGV[1]), tonumber(ARGV[2]) do server.call('SET', 'product:sku-' .. i .. ':stock', ARGV[3]) end
)lua";

constexpr std::string_view kLeft = R"lua(
local left = 0
for i = tonumber(ARGV[1]), tonumber(ARGV[2]) do left = left + server.call('GET', 'product:sku-' .. i .. ':stock') end
return string.format('%.0f', left)
)lua";

}  // namespace

std::string sku_name(uint64_t number) {
  return "sku-" + std::to_string(number);
}

void put_on_sale(valkey::SyncClient& client, const Shape& shape) {
  for (uint64_t from = 0; from < shape.skus; from += kRound) {
    const uint64_t to = std::min<uint64_t>(from + kRound, shape.skus) - 1;
    test::ask(client, {"EVAL", std::string(kStockUp), "0", std::to_string(from), std::to_string(to),
                       std::to_string(shape.sold_out ? 0 : kStock)});
  }
}

void fill(valkey::SyncClient& client, const Shape& shape, uint64_t count, uint64_t first) {
  for (uint64_t from = first; from < first + count; from += kRound) {
    const uint64_t to = std::min(from + kRound, first + count) - 1;
    test::ask(client, {"EVAL", std::string(kFill), "1", "orders", std::to_string(from), std::to_string(to),
                       std::to_string(shape.lines), std::to_string(shape.skus)});
  }
}

uint64_t stock_left(valkey::SyncClient& client, const Shape& shape) {
  uint64_t left = 0;
  for (uint64_t from = 0; from < shape.skus; from += kRound) {
    const uint64_t to = std::min<uint64_t>(from + kRound, shape.skus) - 1;
    left += std::stoull(test::ask(client, {"EVAL", std::string(kLeft), "0", std::to_string(from), std::to_string(to)}));
  }
  return left;
}

}  // namespace orderd::bench
