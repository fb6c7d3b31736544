// The cost of an order on a server, as CPU time or, under callgrind, as instructions. A shape (script_shape.h) defines
// what is sent for it. All shapes take turns, round after round, on the same server, so that their ratios are right
// even on a busy machine. For each the server is emptied and filled with stock, requests and the shape's preparation.
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "lua/scripts.h"
#include "order-bench/bench.h"
#include "order-bench/run.h"
#include "order-bench/script_shape.h"
#include "support/valkey_helpers.h"

namespace orderd::bench {
namespace {

// Orders sent without a reply: what orderd has in flight while draining a backlog.
constexpr std::size_t kWindow = 256;
constexpr uint64_t kMostOrders = 204'800;  // of one run
constexpr uint64_t kMostCounted = 6'400;   // the same under callgrind, which is slow

std::string script_of(const std::string& name) {
  for (const auto& [builtin, text] :
       {std::pair{"bare", kBareScript}, std::pair{"settle", lua::settle}, std::pair{"join", lua::join},
        std::pair{"lease", lua::lease}, std::pair{"trim", lua::trim}}) {
    if (name == builtin) return std::string(text);
  }
  std::ifstream file(name);
  if (!file) throw std::runtime_error("cannot read the script " + name);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string entry_id(std::size_t n) {
  return fmt::format("{}-{}", 1795462600000 + n / 4, n % 4);
}

// The placeholders of one order, and what is put in their places.
using Values = std::vector<std::pair<std::string_view, std::string>>;
Values values_of(const Shape& shape, std::size_t first, std::size_t n) {
  return {{"{n}", std::to_string(n)},
          {"{id}", entry_id(n)},
          {"{script}", shape.sha1},
          {"{requests}", std::to_string(shape.requests)},
          {"{previous}", first == 0 ? "0-0" : entry_id(first - 1)},
          {"{digest}", fmt::format("{:016x}", (n + 1) * 0x9E3779B97F4A7C15U)}};
}

std::string filled_word(std::string word, const Values& values) {
  if (word == "''") return {};
  for (const auto& [name, value] : values) {
    for (std::size_t at = word.find(name); at != std::string::npos; at = word.find(name, at + value.size())) {
      word.replace(at, name.size(), value);
    }
  }
  return word;
}

void read_line(const std::string& line, Shape& shape) {
  const std::size_t space = std::min(line.find(' '), line.size());
  const std::string word = line.substr(0, space);
  const std::string text = line.substr(std::min(space + 1, line.size()));
  if (word == "requests") {
    shape.requests = std::max<std::size_t>(std::stoul(text), 1);
  } else if (word == "script") {
    shape.script = script_of(text);
  } else if (word == "prepare") {
    shape.prepare.push_back(text);
  } else if (word == "before") {
    shape.before.push_back(text);
  } else if (word == "send" || word == "each") {
    shape.turn.push_back({word == "each", text});
  } else if (word == "answer" && !shape.turn.empty()) {
    shape.turn.back().answer = text;
  } else {
    throw std::runtime_error("unknown line '" + line + "'");
  }
  (void)shape.filled(text, 0, 1);  // are its brackets right?
}

// A server under callgrind. It counts only between begin() and end().
class Callgrind {
 public:
  Callgrind() : program_(files_.file("server")) {
    if (std::system("command -v callgrind_control >/dev/null") != 0) {
      throw std::runtime_error("callgrind is missing: install the package valgrind");
    }
    std::ofstream(program_) << "#!/bin/sh\nexec valgrind --tool=callgrind --instr-atstart=no --callgrind-out-file="
                            << files_.file("out") << " valkey-server \"$@\"\n";
    std::filesystem::permissions(program_, std::filesystem::perms::owner_all);
  }
  // No periodic work, which depends on time, not on orders.
  [[nodiscard]] test::ServerOptions options() const {
    return {.config = {"hz 1", "dynamic-hz no"}, .program = program_};
  }
  void begin(Lab& lab) {
    pid_ = info_value(lab.admin(), "server", "process_id");
    control({"-i", "on"});
  }
  // The instructions since begin().
  double end() {
    control({"-d"});
    control({"-i", "off"});
    // Each dump is a file with a number. "summary" overflows, "totals" does not.
    std::ifstream file(files_.file("out") + "." + std::to_string(++dumps_));
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with("totals: ")) return std::stod(line.substr(8));
    }
    throw std::runtime_error("callgrind has not written what it counted");
  }

 private:
  void control(Words words) {
    words.insert(words.begin(), "callgrind_control");
    words.push_back(pid_);
    test::Process process(words);
    (void)output_of(process, "callgrind_control", std::chrono::seconds(60));
  }

  test::TemporaryDirectory files_;
  std::string program_;
  std::string pid_;
  int dumps_ = 0;
};

Shape read_shape(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read the shape " + path);
  Shape shape;
  shape.name = std::filesystem::path(path).stem().string();
  try {
    for (std::string line; std::getline(file, line);) {
      if (!line.empty() && line.front() != '#') read_line(line, shape);
    }
  } catch (const std::exception& problem) {
    throw std::runtime_error(path + ": " + problem.what());
  }
  if (shape.turn.empty()) throw std::runtime_error(path + ": there is nothing to measure");
  return shape;
}

// Turns of `lines` for so many orders.
Pipeline pipeline_of(const Shape& shape, const std::vector<Shape::Line>& lines, std::size_t orders) {
  Pipeline pipeline;
  const auto add = [&](const Shape::Line& line, std::size_t first, std::size_t last) {
    std::optional<std::string> answer;
    if (line.answer) answer = fmt::format("{}", fmt::join(shape.filled(*line.answer, first, last), ""));
    pipeline.add(test::command_of(shape.filled(line.words, first, last)), answer);
  };
  for (std::size_t first = 0; first < orders; first += shape.requests) {
    const std::size_t last = first + shape.requests;
    for (const Shape::Line& line : lines) {
      if (!line.each) add(line, first, last);
      for (std::size_t n = first; line.each && n < last; ++n) add(line, n, n + 1);
    }
    pipeline.end_turn(shape.requests);
  }
  return pipeline;
}

// The cost of one order: microseconds, or instructions.
double measure(Lab& lab, Shape& shape, std::size_t most, Callgrind* callgrind) {
  const std::size_t orders = std::max<std::size_t>(most / shape.requests, 1) * shape.requests;
  const std::size_t window = std::max<std::size_t>(kWindow / shape.requests, 1);
  lab.clear();
  test::ask(lab.admin(), {"SET", "product:shoe:stock", std::to_string(kStock)});
  if (!shape.script.empty()) shape.sha1 = need(lab.admin().load(shape.script));
  std::vector<Shape::Line> before = {{true, R"(XADD orders {id} order {"id":"o-{n}","sku":"shoe","quantity":1})"}};
  for (const std::string& words : shape.before) before.push_back({true, words});
  (void)pipeline_of(shape, before, orders).run(lab.connect(), window);
  for (const std::string& words : shape.prepare) test::ask(lab.admin(), shape.filled(words, 0, 1));

  const Pipeline pipeline = pipeline_of(shape, shape.turn, orders);
  valkey::SyncClient client = lab.connect();
  if (callgrind != nullptr) callgrind->begin(lab);
  const double cpu = server_cpu(lab.admin());
  (void)pipeline.run(std::move(client), window);
  const double us = (server_cpu(lab.admin()) - cpu) * 1e6;
  return (callgrind != nullptr ? callgrind->end() : us) / static_cast<double>(orders);
}

// The bare script, with which all are compared, then those that were named, or all.
std::vector<Shape> shapes_of(std::vector<std::string> paths) {
  const std::filesystem::path folder = ORDER_BENCH_SHAPES;
  if (paths.empty()) {
    for (const auto& file : std::filesystem::directory_iterator(folder)) paths.push_back(file.path().string());
    std::sort(paths.begin(), paths.end());
  }
  const std::string bare = (folder / "bare.shape").string();
  paths.erase(std::remove(paths.begin(), paths.end(), bare), paths.end());
  std::vector<Shape> shapes{read_shape(bare)};
  for (const std::string& path : paths) shapes.push_back(read_shape(path));
  return shapes;
}

}  // namespace

std::vector<std::string> Shape::filled(const std::string& line, std::size_t first, std::size_t last) const {
  std::istringstream stream(line);
  std::vector<std::string> words, group;
  bool in_group = false;
  const Values of_first = values_of(*this, first, first);
  for (std::string word; stream >> word;) {
    if (word.front() == '[') {
      in_group = true;
      word.erase(0, 1);
    }
    if (!in_group) {
      words.push_back(filled_word(word, of_first));
      continue;
    }
    const bool ends = word.back() == ']';
    if (ends) word.pop_back();
    group.push_back(word);
    if (!ends) continue;
    for (std::size_t n = first; n < last; ++n) {
      const Values values = values_of(*this, first, n);
      for (const std::string& each : group) words.push_back(filled_word(each, values));
    }
    group.clear();
    in_group = false;
  }
  if (in_group) throw std::runtime_error("unclosed bracket: " + line);
  return words;
}

void measure_script(const Plan& plan, Report& report) {
  std::vector<Shape> shapes = shapes_of(plan.shapes);
  std::optional<Callgrind> callgrind;
  if (plan.instructions) callgrind.emplace();
  Lab lab(Transport::kUnix, callgrind ? callgrind->options() : test::ServerOptions());
  const std::size_t orders = std::min(plan.orders, plan.instructions ? kMostCounted : kMostOrders);
  const int decimals = plan.instructions ? 0 : 2;
  Table table{"What an order costs the server, by what is sent for it",
              {{plan.instructions ? "instructions" : "us", decimals},
               {"least", decimals},
               {"most", decimals},
               {"ratio to the first", 2}}};
  // Instructions are the same in each run.
  repeat(plan.instructions ? 1 : plan.repeat, "script", [&] {
    double first = 0;
    for (Shape& shape : shapes) {
      try {
        const double cost = measure(lab, shape, orders, callgrind ? &*callgrind : nullptr);
        if (first == 0) first = cost;
        table.add(shape.name, {cost, cost, cost, cost / first});
      } catch (const std::exception& error) {
        throw std::runtime_error(shape.name + ": " + error.what());
      }
    }
  });
  for (Table::Row& row : table.rows) {
    const auto [least, most] = std::minmax_element(row.cells[0].begin(), row.cells[0].end());
    row.cells[1] = {*least};
    row.cells[2] = {*most};
  }
  report.table(std::move(table));
}

}  // namespace orderd::bench
