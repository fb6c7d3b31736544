// Lines step through the SKUs by a number that has no common factor with round numbers, so that neighbors in the stream
// are not neighbors among the keys.
#include "order-bench/sale.h"

#include <algorithm>
#include <string_view>
#include <vector>

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
return 0
)lua";

constexpr std::string_view kStockUp = R"lua(
for i = tonumber(ARGV[1]), tonumber(ARGV[2]) do server.call('SET', 'product:sku-' .. i .. ':stock', ARGV[3]) end
return 0
)lua";

constexpr std::string_view kLeft = R"lua(
local left = 0
for i = tonumber(ARGV[1]), tonumber(ARGV[2]) do left = left + server.call('GET', 'product:sku-' .. i .. ':stock') end
return string.format('%.0f', left)
)lua";

// Calls a script for the numbers `first` to `last`, kRound at a time, and returns the sum of what it returns.
uint64_t call(valkey::SyncClient& client, std::string_view script, uint64_t first, uint64_t last,
              const std::vector<uint64_t>& more) {
  uint64_t sum = 0;
  for (uint64_t from = first; from <= last; from += kRound) {
    std::vector<std::string> words = {"EVAL", std::string(script), "1", "orders"};
    for (const uint64_t number : {from, std::min(from + kRound - 1, last)}) words.push_back(std::to_string(number));
    for (const uint64_t number : more) words.push_back(std::to_string(number));
    sum += std::stoull(test::ask(client, words));
  }
  return sum;
}

}  // namespace

std::string sku_name(uint64_t number) {
  return "sku-" + std::to_string(number);
}

void stock_up(valkey::SyncClient& client, const Sale& sale) {
  call(client, kStockUp, 0, sale.skus - 1, {sale.sold_out ? 0 : kStock});
}

void fill(valkey::SyncClient& client, const Sale& sale, uint64_t count, uint64_t first) {
  call(client, kFill, first, first + count - 1, {sale.lines, sale.skus});
}

uint64_t units_sold(valkey::SyncClient& client, const Sale& sale) {
  return (sale.sold_out ? 0 : kStock * sale.skus) - call(client, kLeft, 0, sale.skus - 1, {});
}

}  // namespace orderd::bench
