// Two passes: the first one counts and hashes; if something is wrong, a second one reads the texts of the first keys
// with a problem.
#include "replay/verify.h"

#include <CLI/CLI.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "order/decode.h"
#include "replay/route.h"
#include "replay/source.h"
#include "shared/options.h"
#include "shared/output.h"
#include "shared/place.h"

namespace orderd::replay {
namespace {

using tools::add_text;

constexpr std::size_t kShown = 10;
constexpr std::size_t kShownResults = 5;  // of each

constexpr const char* kVerifyHelp =
    R"(Reads the results stream and also checks that no order was accepted twice. Requests and results are matched by the order's
ID; those too malformed to have one are only counted. Results of other orders count for their sequence only. With --expect,
each order's results have to be the same, in the same sequence, as in another run that started with the same stock: status,
reason, outcome and lines. Memory: 100 bytes for each order.

Examples:
  order-replay run load.ndjson --set-stock --wait --record-results good.ndjson      with a script known to be good
  order-replay run load.ndjson --set-stock --wait                                   with a changed one, on an empty server
  order-replay verify load.ndjson --expect good.ndjson
  order-replay verify captured.ndjson --entries                                     on the server it was captured from

Exit status 3: something is wrong; the first differences are shown.)";

// Files are read a second time if something is wrong.
std::string check_recording(const std::string& name) {
  if (name == "-") return "standard input cannot be read twice; give a file";
  return tools::check_file_name(name);
}

// Calls `each` for every line that is an entry. Views are valid during the call only.
Result<bool> read_recording(const std::string& name, const std::function<Result<bool>(const Source&)>& each) {
  auto source = Source::open(name);
  if (!source) return source.failure();
  for (;;) {
    const Source::State state = (*source)->look_patiently();
    if (state == Source::State::kEnd) return true;
    if (state == Source::State::kBroken) return Failure{(*source)->error()};
    if ((*source)->line().kind == Recorded::Kind::kEntry) {
      if (auto good = each(**source); !good) return good;
    }
    (*source)->advance();
  }
}

struct Shown {
  std::string what;
  std::vector<std::string> expected;
  std::vector<std::string> results;
};

// The results' sequence: the requests that they answer have increasing IDs.
struct Sequence {
  tools::StreamId last;
  uint64_t breaks = 0;
  std::vector<std::string> shown;

  void add(const tools::Entry& result) {
    const auto request = tools::parse_id(result.field("request"));
    if (!request) return;
    if (*request > last) {
      last = *request;
      return;
    }
    if (++breaks > kShown) return;
    shown.push_back("result " + std::string(result.id) + " of request " + request->text() + " comes after that of " +
                    last.text());
  }
};

// An ID means something in its lane only. Where there are several it gets the lane's name: "a/o-1".
std::string key_of(const tools::Context& context, std::size_t lane, std::string_view id) {
  return (context.lanes.size() == 1 ? "" : context.lanes[lane].lane_name() + "/") + std::string(id);
}

}  // namespace

Verify::Verify(CLI::App& parent, tools::Program& program) {
  CLI::App* app = tools::add_command(parent, "verify", "check that each request has exactly one result, in order",
                                     tools::kPlaceHelp + std::string(kVerifyHelp));
  add_text(*app, "FILE", file_, "", "the recording of the requests")->required()->check(check_recording);
  CLI::Option* expect = add_text(*app, "--expect", expect_, "RESULTS", "a recording of the expected results");
  expect->check(check_recording);
  tools::add_place(*app, "--after", after_, "only results after this entry, or after this time [all]");
  CLI::Option* entries = app->add_flag("--entries", entries_, "match by the recorded entry IDs, not by order IDs");
  entries->excludes(expect);
  app->add_flag("--resent", resent_, "accept more results than requests if they are duplicates: requests were resent");
  tools::add_json(*app, program);
  app->callback([this, &program] {
    // A recording of results does not say of which lane each one is.
    program.lanes = expect_.empty() ? tools::LaneUse::kAll : tools::LaneUse::kOne;
    program.action = [this](const tools::Context& context) { return run(context); };
  });
}

Result<bool> Verify::read_requests(const tools::Context& context, const EachKey& each) const {
  Route route(context);
  order::Decoder decoder(context.settings.limits());
  order::Request request;
  std::string detail;
  return read_recording(file_, [&](const Source& source) -> Result<bool> {
    const Recorded& line = source.line();
    if (entries_ && line.id.empty()) {
      return Failure{"line " + std::to_string(source.number()) +
                     " has no entry ID; --entries is for what order-replay capture wrote"};
    }
    const std::size_t lane = route.of_request(line);
    if (entries_) {
      each(key_of(context, lane, line.id));
    } else {
      // A malformed request has the ID that its result names.
      (void)decoder.decode(line.fields, request, detail);
      each(key_of(context, lane, request.id));
    }
    return true;
  });
}

Result<bool> Verify::read_expected(const EachResult& each) const {
  return read_recording(expect_, [&](const Source& source) -> Result<bool> {
    const Recorded& line = source.line();
    tools::Entry entry{.id = line.id, .fields = {}};
    for (std::size_t i = 0; i + 1 < line.fields.size(); i += 2) {
      entry.fields.emplace_back(line.fields[i], line.fields[i + 1]);
    }
    if (entry.has("request")) each(entry.field("order"), entry);
    return true;
  });
}

Result<bool> Verify::read_results(const tools::Context& context, const EachOfLane& each) const {
  const tools::StreamId after = tools::place_of(after_).value_or(tools::Place{}).last;
  for (std::size_t i = 0; i < context.lanes.size(); ++i) {
    auto client = tools::Client::connect(context.lanes[i]);
    if (!client) return client.failure();
    auto read = tools::read_pages(*client, context.lanes[i].streams.results, "(" + after.text(), "+",
                                  [&](const std::vector<tools::Entry>& page) {
                                    for (const tools::Entry& entry : page) {
                                      if (!entry.has("request")) continue;
                                      each(i, key_of(context, i, entry.field(entries_ ? "request" : "order")), entry);
                                    }
                                    return true;
                                  });
    if (!read) return read;
  }
  return true;
}

Result<int> Verify::run(const tools::Context& context) {
  Comparison comparison;
  uint64_t requests = 0;
  uint64_t results = 0;
  uint64_t others = 0;
  auto read = read_requests(context, [&](const std::string& key) {
    comparison.add_request(key);
    ++requests;
  });
  if (!read) return read.failure();
  if (!expect_.empty()) {
    read = read_expected([&](std::string_view key, const tools::Entry& entry) { comparison.add_expected(key, entry); });
    if (!read) return read.failure();
  }
  std::vector<Sequence> sequences(context.lanes.size());
  read = read_results(context, [&](std::size_t lane, std::string_view key, const tools::Entry& entry) {
    ++(comparison.add_result(key, entry) ? results : others);
    sequences[lane].add(entry);
  });
  if (!read) return read.failure();
  uint64_t breaks = 0;
  for (const Sequence& sequence : sequences) breaks += sequence.breaks;
  const uint64_t problems = comparison.problems(!expect_.empty(), resent_) + breaks;
  if (context.json) {
    tools::print_json({{"requests", requests},
                       {"results", results},
                       {"others", others},
                       {"out_of_order", breaks},
                       {"problems", problems}});
  } else {
    tools::print(tools::count_text(requests, "request") + ", " + tools::count_text(results, "result") + ", " +
                 (problems == 0 ? "no problem\n" : tools::count_text(problems, "problem") + "\n"));
  }
  for (const Sequence& sequence : sequences) {
    for (const std::string& text : sequence.shown) {
      if (context.json) {
        tools::print_json({{"problem", text}});
      } else {
        tools::print("out of order: " + text + "\n");
      }
    }
  }
  if (problems == 0) return tools::kDone;
  if (const auto shown = show_first(context, comparison); !shown) return shown.failure();
  return tools::kViolation;
}

Result<bool> Verify::show_first(const tools::Context& context, const Comparison& comparison) const {
  std::map<std::string, Shown, std::less<>> first;
  const auto look_at = [&](std::string_view key) -> Shown* {
    const auto found = first.find(key);
    if (found != first.end()) return &found->second;
    if (first.size() == kShown) return nullptr;
    const Comparison::Problem problem = comparison.problem_of(key, !expect_.empty(), resent_);
    return problem.what.empty() ? nullptr : &(first[std::string(key)] = {problem.what, {}, {}});
  };
  const auto keep = [](std::vector<std::string>& texts, const tools::Entry& entry) {
    if (texts.size() < kShownResults) texts.push_back(decision_text(entry));
  };
  auto read = read_requests(context, [&](const std::string& key) { (void)look_at(key); });
  if (read && !expect_.empty()) {
    read = read_expected([&](std::string_view key, const tools::Entry& entry) {
      if (Shown* shown = look_at(key)) keep(shown->expected, entry);
    });
  }
  if (read) {
    read = read_results(context, [&](std::size_t /*lane*/, std::string_view key, const tools::Entry& entry) {
      if (Shown* shown = look_at(key)) keep(shown->results, entry);
    });
  }
  if (!read) return read;
  for (const auto& [key, shown] : first) {
    if (context.json) {
      tools::Json line = {{entries_ ? "request" : "order", key}, {"problem", shown.what}};
      if (!expect_.empty()) line["expected"] = shown.expected;
      line["results"] = shown.results;
      tools::print_json(line);
      continue;
    }
    const std::string name =
        key.empty() ? "requests without an order ID" : (entries_ ? "request " : "order ") + tools::shown(key);
    tools::print(name + ": " + shown.what + "\n");
    for (const std::string& text : shown.expected) tools::print("  expected  " + tools::shown(text) + "\n");
    for (const std::string& text : shown.results) tools::print("  result    " + tools::shown(text) + "\n");
  }
  return true;
}

}  // namespace orderd::replay
