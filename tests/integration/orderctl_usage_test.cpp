#include <fstream>

#include "integration/orderctl_desk.h"

namespace orderd::test {
namespace {

// Expects a usage error: status 2 and empty standard output. Returns standard error.
std::string refused(const Words& words, const ProcessOptions& options = {}) {
  const Ran ran = failed(orderctl(words, options), {}, 2);
  CHECK(ran.output.empty());
  return ran.errors;
}

TEST_CASE("a subcommand is required") {
  CHECK(
      refused({}) ==
      "orderctl: a sub-command is required: stock, submit, results, order, dead, status, doctor, pause, resume, audit, "
      "lane\n"
      "orderctl --help shows the usage\n");
  CHECK(refused({"stock"}) ==
        "orderctl: a sub-command is required: set, add, get, list\norderctl stock --help shows the usage\n");
}

// What each help shows is in the manual pages, which tests/docs/manual_test.py compares.
TEST_CASE("help is a word too, and each command prints the version") {
  for (const Words& words : {Words{"--version"}, {"stock", "set", "--version"}}) {
    CHECK(succeeded(orderctl(words)).output == "orderctl " ORDERD_VERSION "\n");
  }
  const std::vector<std::pair<Words, Words>> same = {{{"help"}, {"--help"}},
                                                     {{"help", "results"}, {"results", "--help"}},
                                                     {{"help", "stock", "set"}, {"stock", "set", "--help"}},
                                                     {{"stock", "help"}, {"stock", "--help"}}};
  for (const auto& [word, flag] : same) {
    const Ran ran = succeeded(orderctl(word));
    CHECK(ran.errors.empty());
    CHECK(ran.output == orderctl(flag).output);
  }
  succeeded(outcome_of(Process(clean_command(ORDER_REPLAY_PATH, {"help", "run"}))), {"Usage: order-replay run"});
  // Of a command with arguments it is one of them.
  CHECK(contains(refused({"stock", "set", "help", "x"}), "N: 'x'"));
}

TEST_CASE("a mistake is refused before connecting and the message names it") {
  const std::pair<Words, std::string> mistakes[] = {
      {{"stauts"}, "'stauts': unknown sub-command; did you mean status?"},
      {{"stock", "remove"}, "'remove': unknown sub-command; there are: set, add, get, list\n"},
      // Of a command that ignores it.
      {{"lane", "shoe", "--lane", "a"}, "--lane: orderctl lane does not depend on a lane"},
      {{"lane", "shoe", "names", "--count", "2"}, "SKU excludes names"},
      {{"status", "--max-age", "1s"}, "--max-age requires --check"},
      {{"status", "--lane", ""}, "the name of a lane is expected"},
      // A word is suggested only where it is near.
      {{"status", "--elsewhere"}, "--elsewhere: unknown flag\n"},
      {{"status", "--jsn"}, "--jsn: unknown flag; did you mean --json?"},
      {{"status", "-x"}, "-x: unknown flag"},
      {{"status", "now"}, "'now': unexpected"},
      {{"stock", "set", "shoe", "1", "2"}, "'2': unexpected"},
      {{"status", "--valkey.url", "http://x"}, "--valkey.url"},
      {{"status", "--keys.stock", "nothing"}, "--keys.stock"},
      {{"status", "--config", "/nowhere/orderd.toml"}, "/nowhere/orderd.toml"},
      {{"status", "--valkey.password_file", "/nowhere/password"}, "/nowhere/password"},
      {{"dead"}, "a sub-command is required: list, show, requeue, discard"},
      {{"dead", "requeue"}, "ID is required"},
      {{"dead", "requeue", "1795569346433"}, "is not the ID of a dead letter"},
      {{"dead", "requeue", "1-0", "--set", "sku"}, "'sku' is not NAME=VALUE"},
      {{"dead", "discard", "1-0", "--set", "sku=x"}, "--set: unknown flag"},
      {{"dead", "list", "--from", "noon"}, "or how long ago (10m, at most 8760h)"},
      {{"order", "show"}, "ID is required"},
      {{"order", "show", ""}, "is empty"},
      {{"stock", "set", "sh oe", "1"}, "SKU: 'sh oe' contains white space"},
      {{"stock", "set", "--", "sh oe", "1"}, "SKU: 'sh oe' contains white space"},
      {{"stock", "set", "", "1"}, "is empty"},
      {{"stock", "get", "a{b}"}, "contains a brace"},
      {{"stock", "get"}, "SKU is required"},
      {{"stock", "set", "shoe"}, "N is required"},
      {{"submit"}, "an order (--sku or --item) or a FILE of orders is required"},
      {{"submit", ""}, "a file name is expected"},
      {{"submit", "--quantity", "3"}, "--quantity requires --sku"},
      {{"submit", "--sku", "a", "file"}, "FILE excludes --sku"},
      {{"submit", "--sku", "a", "--force"}, "--force requires FILE"},
      {{"submit", "--sku", "a", "--timeout", "3s"}, "--timeout requires --wait or FILE"},
      {{"submit", "--sku", "a", "--item", "b=1"}, "--sku excludes --item"},
      {{"submit", "--sku", "a", "--quantity", "0"}, "--quantity: '0'"},
      {{"submit", "--item", "shoe"}, "is not SKU=N"},
      {{"submit", "--item", "shoe=0"}, "from 1 to"},
      {{"submit", "--item", "sh oe=1"}, "white space"},
      {{"submit", "--sku", "a", "--id", "a\nb"}, "'a\\x0ab' contains a control character"},
      {{"submit", "--sku", "a", "--timeout", "3"}, "'3' is not a duration"},
      {{"results", "--count", "many"}, "--count: 'many'"},
      {{"results", "--from", "1-"}, "is not a stream entry ID"},
      {{"results", "--request", "o-1"}, "is not a stream entry ID"},
      {{"results", "--count", "3", "--from", "1h", "--follow"}, "--count excludes --from with --follow"},
      {{"results", "--count", "3", "--since", "1h", "--follow"}, "--count excludes --since with --follow"},
      {{"results", "--count", "0"}, "--count 0 requires --follow"},
      {{"results", "--count", "0", "--status", "rejected"}, "--count 0 requires --follow"},
      {{"results", "--count", "0", "--from", "0"}, "--count 0 requires --follow"},
      {{"results", "--status", "sold"}, "--status: sold not in {accepted,rejected,duplicate,stock,letter}"},
      {{"results", "--reason", ""}, "a reason is expected"},
  };
  for (const auto& [words, message] : mistakes) {
    const std::string errors = refused(words);
    CHECK_MESSAGE(contains(errors, message), message, " is not in: ", errors);
  }
}

TEST_CASE("an unknown flag or a bad variable is reported without its value") {
  const std::string errors = refused({"status", "--valkey.usrname", "hunter2"});
  CHECK(contains(errors, "--valkey.usrname: unknown flag; did you mean --valkey.username?"));
  CHECK_FALSE(contains(errors, "hunter2"));
  CHECK(
      contains(refused({"status"}, {.environment = {"ORDERD_VALKEY_REPLY_TIMEOUT=5"}}), "ORDERD_VALKEY_REPLY_TIMEOUT"));
}

TEST_CASE("amounts of stock are checked before connecting") {
  for (const char* amount : {"-1", "+1", "1.5", "007", "x", "", "9007199254740992"}) {
    CHECK_MESSAGE(contains(refused({"stock", "set", "shoe", amount}), "N: '"), amount);
  }
  for (const char* amount : {"-", "--1", "+-1", "-01", "1e3", "-9007199254740992"}) {
    CHECK_MESSAGE(!refused({"stock", "add", "shoe", amount}).empty(), amount);
  }
}

TEST_CASE("a mistake is reported with the flag that was given") {
  for (const std::string command : {"results", "audit"}) {
    CHECK(refused({command, "--from", "noon"}).starts_with("orderctl: --from: 'noon' is not a stream entry ID"));
    CHECK(refused({command, "--since", "noon"}).starts_with("orderctl: --since: 'noon' is not a stream entry ID"));
    CHECK(refused({command, "--since=noon"}).starts_with("orderctl: --since: 'noon' is not a stream entry ID"));
    CHECK(refused({command, "--since"}).starts_with("orderctl: --since: "));
  }
  for (const std::string flag : {"--to", "--until"}) {
    const std::string errors = refused({"dead", "list", "--since", "1h", flag, "99999h"});
    CHECK(errors.starts_with("orderctl: " + flag + ": '99999h' is not a stream entry ID"));
    CHECK(contains(errors, "at most 8760h"));
  }
}

TEST_CASE("the settings of the daemon's file are used") {
  const Desk desk;
  const TemporaryDirectory directory;
  const std::string file = directory.file("orderd.toml");
  std::ofstream(file) << "[valkey]\nurl = \"" << desk.url()
                      << "\"\n[keys]\nstock = \"left:<sku>\"\n[retention]\norders = \"1h\"\n";
  CHECK(orderctl({"stock", "set", "shoe", "4", "--config", file}).status == 0);
  CHECK(orderctl({"--config", file, "stock", "get", "shoe"}).row("shoe") == "shoe 4");
  const ProcessOptions variables = {.environment = {"ORDERD_VALKEY_URL=" + desk.url(), "ORDERD_KEYS_STOCK=left:<sku>"}};
  CHECK(orderctl({"stock", "get", "shoe"}, variables).row("shoe") == "shoe 4");
}

}  // namespace
}  // namespace orderd::test
