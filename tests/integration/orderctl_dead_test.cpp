// orderctl dead and orderctl order with a running daemon.
#include "integration/orderctl_desk.h"

namespace orderd::test {
namespace {

using namespace std::chrono_literals;

// A daemon that settled some orders and one malformed request.
struct LetterDesk : Desk {
  LetterDesk() : daemon(start_orderd({"--processing.max_quantity", "1000"})) {
    succeeded(run({"stock", "set", "shoe", "10"}));
    for (int i = 0; i < 2; ++i) push({{"id", "o-1"}, {"sku", "shoe"}, {"quantity", "3"}});
    letter = push({{"id", "o-2"}, {"sku", "sh\x1boe"}, {"quantity", "0"}, {"quantity", "4"}});
  }
  // Pushes a request and waits for its result. Returns the newest letter, if there is one.
  std::string push(const Fields& fields) {
    xadd(admin(), "orders", fields);
    wait_for_results();
    const auto letters = entries(admin(), "orders:dead");
    return letters.empty() ? "" : letters.back().id;
  }
  // Waits until each request has a result.
  void wait_for_results() {
    wait_for([&] { return answered().size() == length(admin(), "orders"); }, 20s, "the results");
  }
  std::vector<Entry> answered() {
    std::vector<Entry> out = entries(admin(), "results");
    std::erase_if(out, [](const Entry& entry) { return !entry.has("request"); });
    return out;
  }

  Process daemon;
  std::string letter;
};

}  // namespace

TEST_CASE_FIXTURE(LetterDesk, "a dead letter is listed and shown with its raw fields escaped") {
  const Json line = run({"dead", "list", "--json"}).json().at(0);
  check_values(line,
               {{"letter", letter},
                {"request", answered()[2].field("request")},
                {"result", answered()[2].id},
                {"whole", true},
                {"fields", Json::parse(R"([["id","o-2"],["sku","sh\u001boe"],["quantity","0"],["quantity","4"]])")}});
  CHECK(line["time"].get<std::string>().ends_with("Z"));
  CHECK(contains(run({"dead", "list"}).row(letter), line["request"].get<std::string>()));
  const Ran shown = run({"dead", "show", letter});
  check_rows(shown, {R"(sku: sh\x1boe)", "detail " + line["detail"].get<std::string>()});
  CHECK(run({"dead", "show", letter, "--json"}).json().at(0) == line);
  failed(run({"dead", "show", "1-1"}), {"there is no dead letter 1-1 in 'orders:dead'"});
}

TEST_CASE_FIXTURE(Desk, "large dead letters are read in pages that the server can spare") {
  constexpr std::size_t kLetters = 100;
  const Fields fields = {{"request", "1-0"}, {"result", "1-0"}, {"detail", "x"}, {"raw", std::string(60'000, 'x')}};
  for (std::size_t i = 0; i < kLetters; ++i) xadd(admin(), "orders:dead", fields);
  ask(admin(), {"CONFIG", "SET", "client-output-buffer-limit", "normal 3mb 0 0"});
  CHECK(succeeded(run({"dead", "list", "--json", "--limit", "1"})).json().size() == 1);
  CHECK(succeeded(run({"dead", "list", "--json", "--limit", "1000"})).json().size() == kLetters);
}

TEST_CASE_FIXTURE(LetterDesk, "dead letters are listed from the newest one or in a range") {
  Words ids = {letter};
  for (int i = 0; i < 3; ++i) ids.push_back(push({{"id", "m-" + std::to_string(i)}}));
  const auto listed = [&](const Words& more) { return run(joined({"dead", "list", "--json"}, more)).column("letter"); };
  CHECK(listed({}) == Words{ids[3], ids[2], ids[1], ids[0]});
  CHECK(listed({"--limit", "2"}) == Words{ids[3], ids[2]});
  CHECK(listed({"--from", ids[1]}) == Words{ids[1], ids[2], ids[3]});
  CHECK(listed({"--from", ids[1], "--to", ids[2], "--limit", "1"}) == Words{ids[1]});
  CHECK(listed({"--to", ids[1]}) == Words{ids[1], ids[0]});
  CHECK(listed({"--from", "1h"}).size() == 4);
  CHECK(listed({"--to", "2001-01-01"}).empty());
  CHECK(run({"dead", "list", "--to", "1h"}).complains("no dead letters in 'orders:dead' in that range"));
}

TEST_CASE_FIXTURE(LetterDesk, "a dead letter is corrected and requeued once and the audit is clean") {
  failed(run({"dead", "requeue", letter}), {"it would be malformed again: ", "--set NAME=VALUE"});
  CHECK(length(admin(), "orders:dead") == 1);
  const Ran ran =
      succeeded(run({"dead", "requeue", letter, "--set", "quantity=5", "--set", "sku=shoe", "--reason", "a typo"}));
  const Entry request = entries(admin(), "orders").back();
  CHECK(ran.output == letter + ": requeued as request " + request.id + "\n");
  CHECK(request.fields == Fields{{"id", "o-2"}, {"sku", "shoe"}, {"quantity", "5"}});
  wait_for_results();
  CHECK(answered()[3].field("status") == "accepted");
  succeeded(run({"results"}), {"dead letter " + letter + " was requeued as request " + request.id +
                               ", corrected: quantity, sku; a typo"});
  CHECK(run({"audit"}).status == 0);
  for (const char* command : {"requeue", "discard"}) {
    failed(run({"dead", command, letter}), {"was requeued before, as request " + request.id});
    CHECK(length(admin(), "orders") == 4);
  }
}

TEST_CASE_FIXTURE(LetterDesk, "dead letters are discarded and one that cannot be does not stop the others") {
  const Ran ran = failed(run({"dead", "discard", "1-1", letter, push({{"id", "m"}}), "--json"}),
                         {"1-1: there is no such dead letter, and the results do not show what happened to it"});
  REQUIRE(ran.json().size() == 2);
  check_values(ran.json()[0], {{"letter", letter}, {"request", nullptr}});
  CHECK(length(admin(), "orders:dead") == 0);
  succeeded(run({"audit"}));
  CHECK(run({"dead", "discard", letter}).complains("was discarded before (by hand), see result"));
  CHECK(run({"dead", "list"}).complains("no dead letters in 'orders:dead'"));
  // One deleted by hand is found among the others.
  push({{"id", "n"}});
  const std::string deleted = push({{"id", "p"}});
  succeeded(run({"audit"}));
  ask(admin(), {"XDEL", "orders:dead", deleted});
  CHECK(failed(run({"audit"}), {}, 3)
            .says("there is no dead letter of this result, and no entry that it was requeued or discarded"));
}

TEST_CASE_FIXTURE(LetterDesk, "a letter with a truncated request cannot be requeued") {
  const std::string long_name(70'000, 'n');
  for (const Fields& fields : std::vector<Fields>{
           {{"order", R"({"id":"big","sku":"shoe","quantity":1})"}, {long_name, "v"}},  // too many bytes
           {{long_name, "v"}},                                                          // in its first name
           Fields(4000, {"", ""})}) {                                                   // too many fields
    CAPTURE(fields.size());
    const std::string cut = push(fields);
    CHECK(run({"dead", "show", cut, "--json"}).json().at(0)["whole"] == false);
    check_rows(run({"dead", "show", cut}),
               {"cut the request was too large for its letter; what follows is its beginning"});
    const std::size_t requests = length(admin(), "orders");
    failed(run({"dead", "requeue", cut, "--set", "order={}"}),
           {"the request was too large for its letter, and the rest is missing"});
    CHECK(length(admin(), "orders") == requests);
    succeeded(run({"dead", "discard", cut}));
  }
}

TEST_CASE_FIXTURE(LetterDesk, "an order is shown with its record, request and all results") {
  const auto results = answered();
  const auto show = [&] { return run({"order", "show", "o-1"}); };
  check_rows(succeeded(show()),
             {"record accepted, in orders:order:o-1, expires in 24.0 h*", "decision " + results[0].id + ", 2*",
              "request *Z: id=o-1 sku=shoe quantity=3", results[1].id + "*was accepted in " + results[0].id});
  const Json line = run({"order", "show", "o-1", "--json"}).json().at(0);
  CHECK(line["results"].size() == 2);
  check_values(line, {{"record/outcome", "accepted"},
                      {"request/id", results[0].field("request")},
                      {"results_searched_from", nullptr}});
  // A malformed one has no record.
  check_values(run({"order", "show", "o-2", "--json"}).json().at(0),
               {{"record/exists", false}, {"results/0/reason", "malformed"}, {"request/exists", true}});
  // Missing entries are reported as such.
  ask(admin(), {"XDEL", "orders", results[0].field("request")});
  check_rows(show(), {"request *Z: trimmed or deleted"});
  ask(admin(), {"XDEL", "results", results[0].id});
  check_rows(show(),
             {"decision *Z: trimmed or deleted", "request not known: the result that names it was trimmed or deleted"});
  ask(admin(), {"DEL", "orders:order:o-1"});
  check_rows(show(), {"record *it has expired, or the order was never decided", "decision " + results[0].id + "*"});
  ask(admin(), {"SET", "orders:order:o-1", "x"});
  check_rows(show(), {"record *holds something other than a record*"});
  const Ran ran = run({"order", "show", "o-1", "--search", "1"});
  CHECK(ran.says("no results of this order were found"));
  CHECK(ran.says("results before " + results[2].id + " were not searched (--search)"));
}

TEST_CASE_FIXTURE(LetterDesk, "a waiting order is shown as such and an unknown one gives status 1") {
  CHECK(run({"pause"}).status == 0);
  const std::string first = xadd(admin(), "orders", {{"order", R"({"id":"o-\u0039","sku":"shoe","quantity":1})"}});
  const std::string second = push_order(admin(), "o-9");
  check_rows(succeeded(run({"order", "show", "o-9"})), {"waits " + first + ", 2*"});
  CHECK(run({"order", "show", "o-9", "--json"}).json().at(0)["waiting"][1]["request"] == second);
  CHECK(run({"order", "show", "o-9", "--search", "1", "--json"}).json().at(0)["waiting_searched"] == false);
  CHECK(failed(run({"order", "show", "nobody"}), {}).says("no results of this order were found"));
  ask(admin(), {"HSET", "orders:position", "id", "18446744073709551615-18446744073709551615"});
  CHECK(succeeded(run({"order", "show", "o-1", "--json"})).json().at(0)["waiting_searched"] == true);
  ask(admin(), {"HSET", "orders:position", "id", "yesterday"});
  CHECK(succeeded(run({"order", "show", "o-1", "--json"})).json().at(0)["waiting_searched"] == false);
}

}  // namespace orderd::test
