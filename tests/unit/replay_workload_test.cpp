#include "order-replay/workload.h"

#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <set>

#include "order-replay/number_options.h"
#include "order-replay/recording.h"
#include "order/decode.h"

namespace orderd::replay {
namespace {

constexpr const char* kGolden =
    R"({"stock":"sku-1","quantity":1000000}
{"stock":"sku-2","quantity":1000000}
{"at_us":298,"fields":[["order","{\"id\":\"o-1\",\"sku\":\"sku-1\",\"quantity\":1.5}"]]}
{"at_us":1365,"fields":[["order",{"base64":"eyJpZCI6Im8tMiIsInNrdSI6InNrdS0xIiwicXVhbnRpdHkiOjEsImN1c3RvbWVyIjoi//4ifQ=="}]]}
{"at_us":2886,"fields":[["order","{\"id\":\"o-3\",\"customer\":\"c-340\",\"items\":[{\"sku\":\"sku-1\",\"quantity\":5},{\"sku\":\"sku-1\",\"quantity\":5}]}"]]}
{"at_us":3294,"fields":[["order","{\"id\":\"o-3\",\"customer\":\"c-340\",\"items\":[{\"sku\":\"sku-1\",\"quantity\":5},{\"sku\":\"sku-1\",\"quantity\":5}]}"]]}
{"at_us":3996,"fields":[["order","one pair, please"]]}
)";

struct Made {
  std::string id;
  std::string customer;
  std::vector<order::Line> lines;
  uint64_t at_us = 0;
  bool good = false;
};

std::string text_of(const Workload& workload) {
  Generator generator(workload);
  std::string out;
  while (generator.next(out)) {
  }
  return out;
}

// The requests, decoded as orderd decodes them.
std::vector<Made> requests_of(const Workload& workload) {
  Generator generator(workload);
  RecordingReader reader;
  order::Decoder decoder({});
  std::vector<Made> made;
  std::string line;
  for (; generator.next(line); line.clear()) {
    line.pop_back();
    Recorded recorded;
    REQUIRE(reader.read(line, recorded).ok());
    if (recorded.kind != Recorded::Kind::kEntry) continue;
    order::Request request;
    std::string detail;
    const bool good = decoder.decode(recorded.fields, request, detail);
    made.push_back({request.id, request.customer, request.lines, recorded.at_us.value(), good});
  }
  return made;
}

TEST_CASE("workloads of two seeds have no order ID in common") {
  CHECK(requests_of({.seed = 1, .orders = 1, .id = ""}).at(0).id == "g1-1");
  CHECK(requests_of({.seed = 42, .orders = 1, .id = ""}).at(0).id == "g42-1");
}

TEST_CASE("the same seed produces the same bytes") {
  Workload workload = {.seed = 42,
                       .orders = 5,
                       .skus = 2,
                       .spread = Workload::Spread::kZipf,
                       .lines_max = 2,
                       .quantity_max = 9,
                       .id = "o-",
                       .malformed = kMillion / 5,
                       .repeated = kMillion / 5,
                       .poisson = true};
  CHECK(text_of(workload) == kGolden);
  workload.seed = 43;
  CHECK(text_of(workload) != kGolden);
}

TEST_CASE("logarithms and powers of whole numbers are exact") {
  for (uint64_t x = 1; x < (uint64_t{1} << 62); x = x * 5 / 3 + 1) {
    CHECK(static_cast<double>(log2_q32(x)) / 4294967296.0 ==
          doctest::Approx(std::log2(static_cast<double>(x))).epsilon(1e-8));
  }
  for (uint64_t t = 0; t < (uint64_t{20} << 32); t = t * 5 / 3 + 12345) {
    const double exact = std::exp2(-static_cast<double>(t) / 4294967296.0) * std::exp2(40);
    CHECK(std::abs(static_cast<double>(exp2_minus_q40(t)) - exact) < 64);
  }
}

TEST_CASE("a workload has the requested shares") {
  std::map<std::string, int> count;
  std::map<std::string, std::string> first;  // customer and SKU by ID
  for (const Made& made : requests_of({.orders = 50'000,
                          .id = "",
                          .malformed = 100'000,
                          .unknown = 50'000,
                          .repeated = 100'000,
                          .reused = 50'000})) {
    if (!made.good) {
      ++count["malformed"];
      continue;
    }
    const std::string content = made.customer + " " + made.lines.at(0).sku;
    const auto [found, fresh] = first.emplace(made.id, content);
    if (fresh && made.lines.at(0).sku.starts_with("no-")) ++count["unknown"];
    if (!fresh) ++count[found->second == content ? "repeated" : "reused"];
  }
  CHECK(count["malformed"] == doctest::Approx(5000).epsilon(0.06));
  CHECK(count["unknown"] == doctest::Approx(2500).epsilon(0.1));
  CHECK(count["repeated"] == doctest::Approx(5000).epsilon(0.06));
  CHECK(count["reused"] == doctest::Approx(2500).epsilon(0.1));
}

TEST_CASE("each distribution selects the SKUs as its name says") {
  const auto counts = [](Workload::Spread spread) {
    std::map<std::string, double> count;
    for (const Made& made : requests_of({.orders = 40'000, .skus = 10, .spread = spread, .hot = 800'000, .id = ""})) {
      ++count[made.lines.at(0).sku];
    }
    return count;
  };
  auto count = counts(Workload::Spread::kUniform);
  CHECK(count.size() == 10);
  for (const auto& [sku, times] : count) CHECK(times == doctest::Approx(4000).epsilon(0.08));
  count = counts(Workload::Spread::kZipf);
  CHECK(count["sku-1"] / count["sku-2"] == doctest::Approx(2).epsilon(0.08));
  CHECK(count["sku-1"] / count["sku-10"] == doctest::Approx(10).epsilon(0.12));
  count = counts(Workload::Spread::kHot);
  CHECK(count["sku-1"] == doctest::Approx(32'000).epsilon(0.02));
  CHECK(count["sku-7"] == doctest::Approx(8000.0 / 9).epsilon(0.15));
}

TEST_CASE("lines and quantities stay within their limits and reach them") {
  std::set<std::size_t> lines;
  for (const Made& made : requests_of({.orders = 2000,
                          .skus = 1000,
                          .lines_min = 2,
                          .lines_max = 4,
                          .quantity_min = 3,
                          .quantity_max = 5,
                          .id = ""})) {
    REQUIRE(made.good);
    lines.insert(made.lines.size());
    for (const order::Line& line : made.lines) CHECK(line.quantity >= 3);
  }
  CHECK(lines.contains(4));
  CHECK(*lines.rbegin() == 4);
}

TEST_CASE("times have the requested rate") {
  Workload workload = {.orders = 20'001, .id = "", .rate = 3000};
  auto made = requests_of(workload);
  CHECK(made.front().at_us == 0);
  CHECK(made[3000].at_us == 1'000'000);
  CHECK(made[1].at_us == 333);
  workload.poisson = true;
  made = requests_of(workload);
  CHECK(static_cast<double>(made.back().at_us) == doctest::Approx(6'667'000).epsilon(0.04));
  // Half of all exponential gaps are below ln(2) times the mean.
  std::size_t below = 0;
  for (std::size_t i = 1; i < made.size(); ++i) below += made[i].at_us - made[i - 1].at_us <= 231 ? 1 : 0;
  CHECK(below == doctest::Approx(10'000).epsilon(0.04));
}

TEST_CASE("decimals are read without rounding") {
  CHECK(millionths_of("0.05") == 50'000);
  CHECK(millionths_of("1") == 1'000'000);
  CHECK(millionths_of("1.000001") == 1'000'001);
  for (const char* bad : {"", ".5", "1.", "-1", "1e3", "0.1234567", "0x1", "1,5"}) {
    CHECK_FALSE(millionths_of(bad).has_value());
  }
}

}  // namespace
}  // namespace orderd::replay
