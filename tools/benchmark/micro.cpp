// The work of orderd on an order, without a server: decoding the request, writing the call that settles it, and parsing
// a reply of XREAD.
#include <benchmark/benchmark.h>
#include <hiredis/hiredis.h>

#include <memory>
#include <string>

#include "lane/batch.h"
#include "lane/reader.h"
#include "order/decode.h"
#include "settings/settings.h"
#include "valkey/reply.h"
#include "valkey/reply_pool.h"

namespace orderd {
namespace {

constexpr std::string_view kOneLine = R"({"id":"o-123456","sku":"shoe","quantity":1})";
constexpr std::string_view kFourLines =
    R"({"id":"o-123456","customer":"c-77","items":[{"sku":"shoe","quantity":1},{"sku":"sock","quantity":2},)"
    R"({"sku":"lace","quantity":1},{"sku":"polish","quantity":1}]})";
constexpr std::string_view kRequest = "1795463342144-0";
constexpr auto kEntries = static_cast<int>(lane::kReadEntries);  // of one reply

const order::Fields kFlatFields = {"id", "o-123456", "sku", "shoe", "quantity", "1"};
const order::Fields kOneLineFields = {"order", kOneLine};
const order::Fields kFourLinesFields = {"order", kFourLines};

lane::Options options() {
  const settings::Settings defaults;
  return {.orders = defaults.streams.orders,
          .results = defaults.streams.results,
          .dead = defaults.dead(),
          .group = defaults.streams.group,
          .name = "bench-1",
          .stock_keys = defaults.stock_keys(),
          .order_keys = defaults.order_keys(),
          .reply_keys = defaults.reply_keys(),
          .limits = defaults.limits()};
}

void decode(benchmark::State& state, const order::Fields& fields) {
  order::Decoder decoder{order::Limits()};
  order::Request request;
  std::string detail;
  for ([[maybe_unused]] auto turn : state) {
    if (!decoder.decode(fields, request, detail)) state.SkipWithError(detail.c_str());
    benchmark::DoNotOptimize(request);
  }
}
BENCHMARK_CAPTURE(decode, flat_one_line, kFlatFields);
BENCHMARK_CAPTURE(decode, json_one_line, kOneLineFields);
BENCHMARK_CAPTURE(decode, json_four_lines, kFourLinesFields);

// The call of a full batch. The time is per call; items are orders.
void write_settle(benchmark::State& state, const order::Fields& fields) {
  const lane::Options lane_options = options();
  const std::string script(40, 'a');  // a SHA1
  order::Decoder decoder(lane_options.limits);
  order::Request request;
  std::string detail;
  if (!decoder.decode(fields, request, detail)) state.SkipWithError(detail.c_str());
  lane::Batch batch(lane_options);
  std::size_t bytes = 0;
  for ([[maybe_unused]] auto turn : state) {
    batch.clear();
    for (uint32_t i = 0; i < lane_options.orders_per_call; ++i) batch.add(kRequest, request);
    bytes = batch.write(script, kRequest).bytes().size();
    benchmark::DoNotOptimize(bytes);
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * lane_options.orders_per_call);
  state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK_CAPTURE(write_settle, one_line, kOneLineFields);
BENCHMARK_CAPTURE(write_settle, four_lines, kFourLinesFields);

void bulk(std::string& out, std::string_view text) {
  out += "$" + std::to_string(text.size()) + "\r\n";
  out += text;
  out += "\r\n";
}

std::string reply_of(const order::Fields& fields) {
  std::string bytes = "*1\r\n*2\r\n";
  bulk(bytes, "orders");
  bytes += "*" + std::to_string(kEntries) + "\r\n";
  for (int i = 0; i < kEntries; ++i) {
    bytes += "*2\r\n";
    bulk(bytes, kRequest);
    bytes += "*" + std::to_string(fields.size()) + "\r\n";
    for (const auto field : fields) bulk(bytes, field);
  }
  return bytes;
}

// hiredis' reader, then every field as a view, like the lane's reader. The time is per reply; items are entries.
void take_entries(benchmark::State& state, const order::Fields& sent) {
  const std::string bytes = reply_of(sent);
  const std::unique_ptr<redisReader, void (*)(redisReader*)> reader(redisReaderCreate(), redisReaderFree);
  valkey::use_reply_pool(*reader);
  order::Fields fields;
  for ([[maybe_unused]] auto turn : state) {
    void* raw = nullptr;
    if (redisReaderFeed(reader.get(), bytes.data(), bytes.size()) != REDIS_OK ||
        redisReaderGetReply(reader.get(), &raw) != REDIS_OK || raw == nullptr) {
      state.SkipWithError("hiredis could not parse the reply");
      return;
    }
    const valkey::Reply entries = valkey::Reply(static_cast<redisReply*>(raw)).at(0).at(1);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const valkey::Reply values = entries.at(i).at(1);
      fields.clear();
      for (std::size_t f = 0; f < values.size(); ++f) fields.push_back(values.at(f).text());
      benchmark::DoNotOptimize(fields.data());
    }
    valkey::free_pooled_reply(static_cast<redisReply*>(raw));
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * kEntries);
}
BENCHMARK_CAPTURE(take_entries, json_one_line, kOneLineFields);
BENCHMARK_CAPTURE(take_entries, flat_one_line, kFlatFields);

}  // namespace
}  // namespace orderd

BENCHMARK_MAIN();
