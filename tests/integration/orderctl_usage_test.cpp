#include <fstream>

#include "integration/orderctl_desk.h"

namespace orderd::test {
namespace {

// Expects a usage error: status 2 and empty standard output. Returns standard error.
std::string refused(const Words& words, const ProcessOptions& options = {}) {
  const Ran ran = orderctl(words, options);
  CHECK_MESSAGE(ran.status == 2, ran.errors);
  CHECK(ran.output.empty());
  return ran.errors;
}

TEST_CASE("the help of orderctl shows its subcommands and examples") {
  const Ran ran = orderctl({"--help"});
  CHECK(ran.status == 0);
  CHECK(ran.errors.empty());
  for (const char* part :
       {"stock ", "submit ", "results ", "status ", "audit ", "Examples:", "--valkey.url", "Exit status"}) {
    CHECK_MESSAGE(ran.says(part), part);
  }
  CHECK_FALSE(ran.says("--retention.orders"));
}

TEST_CASE("each subcommand has a help with examples") {
  const std::vector<Words> commands = {
      {"stock"},  {"stock", "set"}, {"stock", "add"}, {"stock", "get"}, {"stock", "list"},   {"submit"}, {"results"},
      {"status"}, {"audit"},        {"dead"},         {"dead", "list"}, {"dead", "requeue"}, {"pause"}};
  for (Words words : commands) {
    std::string name = "orderctl";
    for (const std::string& word : words) name += " " + word;
    words.emplace_back("--help");
    const Ran ran = orderctl(words);
    CHECK(ran.status == 0);
    CHECK_MESSAGE(ran.says("Usage: " + name), ran.output);
    CHECK_MESSAGE(ran.says("Examples:\n  " + name), ran.output);
    CHECK_FALSE(ran.says("Needs:"));
    CHECK_FALSE(ran.says("Excludes:"));
    // Where a place can be given, the help says what one is.
    CHECK(ran.says(" PLACE ") == ran.says("A PLACE is an entry ID"));
    CHECK(ran.errors.empty());
  }
}

TEST_CASE("the version is printed") {
  const Ran ran = orderctl({"--version"});
  CHECK(ran.status == 0);
  CHECK(ran.output == "orderctl " ORDERD_VERSION "\n");
  CHECK(orderctl({"stock", "set", "--version"}).output == ran.output);
}

TEST_CASE("the arguments that name letters and orders are checked") {
  CHECK(refused({"dead"}).find("a sub-command is required: list, show, requeue, discard") != std::string::npos);
  CHECK(refused({"dead", "requeue"}).find("ID is required") != std::string::npos);
  CHECK(refused({"dead", "requeue", "1795569346433"}).find("is not the ID of a dead letter") != std::string::npos);
  CHECK(refused({"dead", "requeue", "1-0", "--set", "sku"}).find("'sku' is not NAME=VALUE") != std::string::npos);
  CHECK(refused({"dead", "discard", "1-0", "--set", "sku=x"}).find("--set: unknown flag") != std::string::npos);
  CHECK(refused({"dead", "list", "--from", "noon"}).find("or how long ago (10m, at most 8760h)") != std::string::npos);
  CHECK(refused({"order", "show"}).find("ID is required") != std::string::npos);
  CHECK(refused({"order", "show", ""}).find("is empty") != std::string::npos);
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

TEST_CASE("a word is suggested only where it is near and otherwise all are named") {
  CHECK(refused({"stauts"}).find("'stauts': unknown sub-command; did you mean status?") != std::string::npos);
  CHECK(refused({"stock", "remove"}).find("'remove': unknown sub-command; there are: set, add, get, list\n") !=
        std::string::npos);
  CHECK(refused({"status", "--elsewhere"}).find("--elsewhere: unknown flag\n") != std::string::npos);
}

TEST_CASE("help is a word too") {
  const std::vector<std::pair<Words, Words>> same = {{{"help"}, {"--help"}},
                                                     {{"help", "results"}, {"results", "--help"}},
                                                     {{"help", "stock", "set"}, {"stock", "set", "--help"}},
                                                     {{"stock", "help"}, {"stock", "--help"}}};
  for (const auto& [word, flag] : same) {
    const Ran ran = orderctl(word);
    CHECK(ran.status == 0);
    CHECK(ran.errors.empty());
    CHECK(ran.output == orderctl(flag).output);
  }
  const Ran replay = [] {
    Process process(clean_command(ORDER_REPLAY_PATH, {"help", "run"}));
    const int status = process.wait();
    return Ran{status, process.output(), process.errors()};
  }();
  CHECK(replay.status == 0);
  CHECK(replay.says("Usage: order-replay run"));
  // Of a command with arguments it is one of them.
  CHECK(refused({"stock", "set", "help", "x"}).find("N: 'x'") != std::string::npos);
}

TEST_CASE("a flag that a command would ignore is refused") {
  CHECK(refused({"lane", "shoe", "--lane", "a"}).find("--lane: orderctl lane does not depend on a lane") !=
        std::string::npos);
  CHECK(refused({"lane", "shoe", "names", "--count", "2"}).find("SKU excludes names") != std::string::npos);
  CHECK(refused({"status", "--max-age", "1s"}).find("--max-age requires --check") != std::string::npos);
  CHECK(refused({"status", "--lane", ""}).find("the name of a lane is expected") != std::string::npos);
}

TEST_CASE("an unknown flag is reported with the closest one and without its value") {
  CHECK(refused({"status", "--jsn"}).find("--jsn: unknown flag; did you mean --json?") != std::string::npos);
  CHECK(refused({"status", "-x"}).find("-x: unknown flag") != std::string::npos);
  const std::string errors = refused({"status", "--valkey.usrname", "hunter2"});
  CHECK(errors.find("--valkey.usrname: unknown flag; did you mean --valkey.username?") != std::string::npos);
  CHECK(errors.find("hunter2") == std::string::npos);
}

TEST_CASE("unexpected arguments are reported") {
  CHECK(refused({"status", "now"}).find("'now': unexpected") != std::string::npos);
  CHECK(refused({"stock", "set", "shoe", "1", "2"}).find("'2': unexpected") != std::string::npos);
}

TEST_CASE("invalid settings end with status 2 and name the setting") {
  CHECK(refused({"status", "--valkey.url", "http://x"}).find("--valkey.url") != std::string::npos);
  CHECK(refused({"status", "--keys.stock", "nothing"}).find("--keys.stock") != std::string::npos);
  CHECK(refused({"status"}, {.environment = {"ORDERD_VALKEY_REPLY_TIMEOUT=5"}}).find("ORDERD_VALKEY_REPLY_TIMEOUT") !=
        std::string::npos);
  CHECK(refused({"status", "--config", "/nowhere/orderd.toml"}).find("/nowhere/orderd.toml") != std::string::npos);
  CHECK(refused({"status", "--valkey.password_file", "/nowhere/password"}).find("/nowhere/password") !=
        std::string::npos);
}

TEST_CASE("the arguments of stock are checked before connecting") {
  CHECK(refused({"stock", "set", "sh oe", "1"}).find("SKU: 'sh oe' contains white space") != std::string::npos);
  CHECK(refused({"stock", "set", "", "1"}).find("is empty") != std::string::npos);
  CHECK(refused({"stock", "get", "a{b}"}).find("contains a brace") != std::string::npos);
  CHECK(refused({"stock", "get"}).find("SKU is required") != std::string::npos);
  CHECK(refused({"stock", "set", "shoe"}).find("N is required") != std::string::npos);
  for (const char* amount : {"-1", "+1", "1.5", "007", "x", "", "9007199254740992"}) {
    CHECK_MESSAGE(refused({"stock", "set", "shoe", amount}).find("N: '") != std::string::npos, amount);
  }
  for (const char* amount : {"-", "--1", "+-1", "-01", "1e3", "-9007199254740992"}) {
    CHECK_MESSAGE(!refused({"stock", "add", "shoe", amount}).empty(), amount);
  }
}

TEST_CASE("the arguments of submit are checked before connecting") {
  CHECK(refused({"submit"}).find("an order (--sku or --item) or a FILE of orders is required") != std::string::npos);
  CHECK(refused({"submit", ""}).find("a file name is expected") != std::string::npos);
  CHECK(refused({"submit", "--quantity", "3"}).find("--quantity requires --sku") != std::string::npos);
  CHECK(refused({"submit", "--sku", "a", "file"}).find("FILE excludes --sku") != std::string::npos);
  CHECK(refused({"submit", "--sku", "a", "--force"}).find("--force requires FILE") != std::string::npos);
  CHECK(refused({"submit", "--sku", "a", "--timeout", "3s"}).find("--timeout requires --wait or FILE") !=
        std::string::npos);
  CHECK(refused({"submit", "--sku", "a", "--item", "b=1"}).find("--sku excludes --item") != std::string::npos);
  CHECK(refused({"submit", "--sku", "a", "--quantity", "0"}).find("--quantity: '0'") != std::string::npos);
  CHECK(refused({"submit", "--item", "shoe"}).find("is not SKU=N") != std::string::npos);
  CHECK(refused({"submit", "--item", "shoe=0"}).find("from 1 to") != std::string::npos);
  CHECK(refused({"submit", "--item", "sh oe=1"}).find("white space") != std::string::npos);
  CHECK(refused({"submit", "--sku", "a", "--id", "a\nb"}).find("'a\\x0ab' contains a control character") !=
        std::string::npos);
  CHECK(refused({"submit", "--sku", "a", "--timeout", "3"}).find("'3' is not a duration") != std::string::npos);
}

TEST_CASE("the arguments of results are checked before connecting") {
  CHECK(refused({"results", "--count", "many"}).find("--count: 'many'") != std::string::npos);
  CHECK(refused({"results", "--from", "1-"}).find("is not a stream entry ID") != std::string::npos);
  CHECK(refused({"results", "--request", "o-1"}).find("is not a stream entry ID") != std::string::npos);
  CHECK(
      refused({"results", "--count", "3", "--from", "1h", "--follow"}).find("--count excludes --from with --follow") !=
      std::string::npos);
  for (const Words& more : {Words{}, {"--status", "rejected"}, {"--from", "0"}}) {
    Words words = {"results", "--count", "0"};
    words.insert(words.end(), more.begin(), more.end());
    CHECK(refused(words).find("--count 0 requires --follow") != std::string::npos);
  }
  CHECK(refused({"results", "--status", "sold"})
            .find("--status: sold not in {accepted,rejected,duplicate,stock,letter}") != std::string::npos);
  CHECK(refused({"results", "--reason", ""}).find("a reason is expected") != std::string::npos);
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
    CHECK(errors.find("at most 8760h") != std::string::npos);
  }
  CHECK(refused({"results", "--count", "3", "--since", "1h", "--follow"})
            .find("--count excludes --since with --follow") != std::string::npos);
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
