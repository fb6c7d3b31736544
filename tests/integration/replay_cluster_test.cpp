// Many orders are pushed into a cluster while its primaries change: the programs follow, and nothing is lost.
#include <array>
#include <fstream>

#include "integration/market.h"

namespace orderd::test {
namespace {

constexpr std::size_t kPart = 2000;  // orders of a lane
constexpr std::size_t kParts = 4;

struct ServedMarket : Market {
  ServedMarket() {
    start_daemon();
    wait_until_ready();
  }
};

// As many orders for each lane, whose IDs begin with this.
void write_orders(const Market& market, const std::string& name, const std::string& id) {
  std::ofstream file(name);
  for (std::size_t i = 0; i < kPart; ++i) {
    for (std::size_t lane = 0; lane < market.skus.size(); ++lane) {
      file << R"({"id":")" << id << '-' << lane << '-' << i << R"(","sku":")" << market.skus[lane]
           << "\",\"quantity\":1}\n";
    }
  }
}

// A program that reads its orders from a pipe: a part at once, each other part when it is asked for.
class Pushing {
 public:
  Pushing(const Market& market, const std::string& program, const Words& words) : market_(market) {
    std::string script = "set -o pipefail; (";
    for (std::size_t part = 0; part < kParts; ++part) {
      const std::string file = files_.file(std::to_string(part));
      write_orders(market, file, std::to_string(part));
      if (part > 0) script += "read -r go < " + gates_[part].file + "; ";
      script += "cat " + file + "; ";
    }
    const Words bash = {"-c", script + ") | \"$@\"", "bash", program};
    process_ = std::make_unique<Process>(clean_command("bash", joined(bash, market.with_settings(words))));
    wait_for_results();
  }

  void push_next_part() { gates_.at(pushed_++).open(); }
  // Until every order pushed so far has a result.
  void wait_for_results() const {
    for (const std::string& lane : market_.lanes.names()) {
      wait_for([&] { return market_.results(lane) > kPart * pushed_; }, kClusterPatience,  // one more: the stock
               "the results of lane " + lane + "; " + process_->errors() + market_.daemon->errors());
    }
  }
  Process& process() { return *process_; }

 private:
  const Market& market_;
  const TemporaryDirectory files_;
  const std::array<Gate, kParts> gates_;  // of each part but the first
  std::size_t pushed_ = 1;
  std::unique_ptr<Process> process_;
};

void check_follows(const std::string& program, const Words& words) {
  ServedMarket market;
  Pushing pushing(market, program, words);
  // Under load.
  pushing.push_next_part();
  (void)market.set.fail_over(slot_of_lane("a"));
  pushing.wait_for_results();
  pushing.push_next_part();
  market.set.begin_move(slot_of_lane("c"), 0);
  market.set.finish_move(slot_of_lane("c"), 0);
  pushing.wait_for_results();
  // Not under load: what a replica lacks when its primary dies is lost, whoever pushed it.
  const uint16_t slot = slot_of_lane("b");
  const std::size_t first = market.set.primary_of(slot);
  {
    auto client = market.set.client_of(slot);
    set(client, "{b}:mark", "x");
    REQUIRE(ask_number(client, {"WAIT", "1", "0"}) >= 1);
  }
  market.set.node(first).kill();
  market.set.wait_for_primary(slot, first);
  pushing.push_next_part();
  const int status = pushing.process().wait(std::chrono::minutes(1));
  const std::string errors = pushing.process().errors();
  REQUIRE_MESSAGE(status == 0, errors);
  const Json summary = json_lines(pushing.process().output()).at(0);
  const std::size_t orders = kPart * kParts * market.skus.size();
  // No reply was lost, so nothing was pushed twice.
  check_values(summary, {{"pushed", orders}, {"resent", 0}, {"missing", 0}, {"accepted", orders}});
  for (const std::string part : {"lane 'a': left valkey://", "lane 'c': left valkey://",
                                 "lane 'b': lost the connection to valkey://", "lane 'b': reconnected"}) {
    CHECK_MESSAGE(contains(errors, part), part, " in ", errors);
  }
  market.close();
}

TEST_CASE("a run follows a failover, a moved slot and a killed primary and each request gets its result") {
  check_follows(ORDER_REPLAY_PATH, {"run", "-", "--max", "--wait", "--verify", "--json"});
}

TEST_CASE("submitted orders follow a failover, a moved slot and a killed primary and each gets its result") {
  check_follows(ORDERCTL_PATH, {"submit", "-", "--wait", "--json"});
}

TEST_CASE_FIXTURE(ServedMarket, "when a primary is killed under load a second run pushes what the failover has lost") {
  const TemporaryDirectory files;
  write_orders(*this, files.file("orders"), "o");
  const auto replay = [&](const Words& pace) {
    const Words words = joined({"run", files.file("orders"), "--wait", "--timeout", "10s"}, pace);
    return Process(clean_command(ORDER_REPLAY_PATH, with_settings(words)));
  };
  Process killed = replay({"--rate", "3000"});
  wait_for_results(300);
  set.node(set.primary_of(slot_of_lane("b"))).kill();
  const int status = killed.wait(std::chrono::minutes(2));
  CHECK_MESSAGE((status == 0 || test::says(killed, "no result, and none arrived")), killed.errors());
  succeeded(outcome_of(replay({"--max"})));
  for (const std::string& lane : lanes.names()) {
    CAPTURE(lane);
    auto client = client_of(lane);
    std::size_t accepted = 0;
    for (const Entry& result : entries(client, results_of(lane))) accepted += result.field("status") == "accepted";
    CHECK(accepted == kPart);
  }
  close();
}

TEST_CASE("without valkey.cluster a redirect ends the pushing and the setting is named") {
  Market market;
  const std::string order = R"({"id":"o-1","sku":")" + market.skus[0] + "\",\"quantity\":1}\n";
  // This lane's primary is another node.
  failed(orderctl(market.alone({"submit", "-", "--lane", "a"}, 1), {.input = order}), {"set valkey.cluster = true"});
}

}  // namespace
}  // namespace orderd::test
