// The work of orderd on an order, without a server: decoding the request, writing the call that settles it, and parsing
// a reply of XREAD. Each is repeated until it has taken a while; the time is CPU time.
#include <hiredis/hiredis.h>
#include <spdlog/fmt/fmt.h>

#include "lane/batch.h"
#include "lane/reader.h"
#include "order-bench/bench.h"
#include "order-bench/run.h"
#include "order/decode.h"
#include "valkey/reply.h"
#include "valkey/reply_pool.h"

namespace orderd::bench {
namespace {

constexpr double kLeastSeconds = 0.2;  // of one run
constexpr std::string_view kOneLine = R"({"id":"o-123456","sku":"shoe","quantity":1})";
constexpr std::string_view kFourLines =
    R"({"id":"o-123456","customer":"c-77","items":[{"sku":"shoe","quantity":1},{"sku":"sock","quantity":2},)"
    R"({"sku":"lace","quantity":1},{"sku":"polish","quantity":1}]})";
constexpr std::string_view kRequest = "1795463342144-0";

const order::Fields kFlatFields = {"id", "o-123456", "sku", "shoe", "quantity", "1"};
const order::Fields kOneLineFields = {"order", kOneLine};
const order::Fields kFourLinesFields = {"order", kFourLines};

// The compiler has to produce what is there.
void keep(const void* value) {
  asm volatile("" : : "r"(value) : "memory");  // NOLINT(hicpp-no-assembler)
}

// Adds to a row the nanoseconds of one call of `work`, and of one of the orders that it serves.
template <class Work>
void time(Table& table, const std::string& row, std::size_t orders, const Work& work) {
  for (uint64_t calls = 1;; calls *= 2) {
    const double begin = thread_cpu();
    for (uint64_t i = 0; i < calls; ++i) work();
    const double seconds = thread_cpu() - begin;
    if (seconds < kLeastSeconds) continue;
    const double ns = seconds * 1e9 / static_cast<double>(calls);
    return table.add(row, {ns, ns / static_cast<double>(orders)});
  }
}

void decode(Table& table, const std::string& row, const order::Fields& fields) {
  order::Decoder decoder{order::Limits()};
  order::Request request;
  std::string detail;
  time(table, "decode/" + row, 1, [&] {
    if (!decoder.decode(fields, request, detail)) throw std::runtime_error(detail);
    keep(&request);
  });
}

// The call of a full batch.
void write_settle(Table& table, const std::string& row, const order::Fields& fields) {
  const lane::Options options = lane_options({});
  const std::string script(40, 'a');  // a SHA1
  order::Decoder decoder(options.limits);
  order::Request request;
  std::string detail;
  if (!decoder.decode(fields, request, detail)) throw std::runtime_error(detail);
  lane::Batch batch(options);
  time(table, "write_settle/" + row, options.orders_per_call, [&] {
    batch.clear();
    for (uint32_t i = 0; i < options.orders_per_call; ++i) batch.add(kRequest, request);
    keep(batch.write(script, kRequest).bytes().data());
  });
}

// A page of equal entries; a reply is written like a command.
std::string reply_of(const order::Fields& fields) {
  valkey::Arguments stream, id;
  stream.add("orders");
  id.add(kRequest);
  valkey::Command values;
  values.begin(fields.size());
  for (const std::string_view field : fields) values.add(field);
  std::string bytes = fmt::format("*1\r\n*2\r\n{}*{}\r\n", stream.bytes(), lane::kReadEntries);
  for (std::size_t i = 0; i < lane::kReadEntries; ++i) bytes.append("*2\r\n").append(id.bytes()).append(values.bytes());
  return bytes;
}

// hiredis' reader, then every field as a view, like the lane's reader.
void take_entries(Table& table, const std::string& row, const order::Fields& sent) {
  const std::string bytes = reply_of(sent);
  const std::unique_ptr<redisReader, void (*)(redisReader*)> reader(redisReaderCreate(), redisReaderFree);
  valkey::use_reply_pool(*reader);
  order::Fields fields;
  time(table, "take_entries/" + row, lane::kReadEntries, [&] {
    void* raw = nullptr;
    if (redisReaderFeed(reader.get(), bytes.data(), bytes.size()) != REDIS_OK ||
        redisReaderGetReply(reader.get(), &raw) != REDIS_OK || raw == nullptr) {
      throw std::runtime_error("hiredis could not parse the reply");
    }
    const valkey::Reply entries = valkey::Reply(static_cast<redisReply*>(raw)).at(0).at(1);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const valkey::Reply values = entries.at(i).at(1);
      fields.clear();
      for (std::size_t f = 0; f < values.size(); ++f) fields.push_back(values.at(f).text());
      keep(fields.data());
    }
    valkey::free_pooled_reply(static_cast<redisReply*>(raw));
  });
}

}  // namespace

void measure_micro(const Plan& plan, Report& report) {
  Table table{"Inside orderd, without a server; CPU", {{"ns", 0}, {"ns an order", 0}}};
  repeat(plan.repeat, "micro", [&] {
    decode(table, "flat_one_line", kFlatFields);
    decode(table, "json_one_line", kOneLineFields);
    decode(table, "json_four_lines", kFourLinesFields);
    write_settle(table, "one_line", kOneLineFields);
    write_settle(table, "four_lines", kFourLinesFields);
    take_entries(table, "json_one_line", kOneLineFields);
    take_entries(table, "flat_one_line", kFlatFields);
  });
  report.table(std::move(table));
}

}  // namespace orderd::bench
