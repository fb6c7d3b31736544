// letter.lua: requeues or discards a dead letter and writes that to the ledger.
#include "shop.h"

namespace orderd::test {
namespace {

class LetterShop : public FullShop {
 public:
  // One malformed request was settled: its letter.
  LetterShop() {
    CHECK(settle({Malformed{.raw = {"id", "o-1", "sku", "shoe"}}}) == "m");
    letter = entries(admin(), dead).at(0).id;
    malformed = results().at(0).id;
  }
  std::string requeue() {
    return change({"requeue", letter, "a test", "quantity", "id", "o-1", "sku", "shoe", "quantity", "3"});
  }
  std::string discard() { return change({"discard", letter, "a test", ""}); }
  std::string change(const Words& arguments) { return run(lua::letter, {dead, results_stream, orders}, arguments); }

  std::string letter;
  std::string malformed;
};

}  // namespace

TEST_CASE_FIXTURE(LetterShop, "a dead letter is requeued once and the ledger names the new request") {
  const std::string answer = requeue();
  const Entry request = entries(admin(), orders).back();
  CHECK(answer == request.id + " " + results().back().id);
  CHECK(text_of(request) == "id=o-1 sku=shoe quantity=3");
  CHECK(last_result() == "status=letter change=requeue letter=" + letter + " result=" + malformed +
                             " reason=a test pushed=" + request.id + " corrected=quantity");
  CHECK(length(admin(), dead) == 0);
  const std::string gone = "-GONE key orders:dead: there is no entry " + letter;
  CHECK(unchanged([this] { return requeue(); }) == gone);
  CHECK(unchanged([this] { return discard(); }) == gone);
}

TEST_CASE_FIXTURE(LetterShop, "a dead letter is discarded once and the ledger says so") {
  const std::string answer = discard();
  CHECK(answer == "_ " + results().back().id);
  CHECK(last_result() == "status=letter change=discard letter=" + letter + " result=" + malformed + " reason=a test");
  CHECK(length(admin(), dead) == 0);
  CHECK(length(admin(), orders) == 1);
  CHECK(discard().starts_with("-GONE "));
}

TEST_CASE_FIXTURE(LetterShop, "a lost position is recovered although the newest entry is about a dead letter") {
  CHECK(settle({Order{.id = "o-2"}}) == "a");
  CHECK(discard().starts_with("_ "));
  (void)at_server({"DEL", position});
  CHECK(join().starts_with("2-0 0 0 recovered "));
}

TEST_CASE_FIXTURE(LetterShop, "an entry that is not a dead letter is left alone") {
  letter = at_server({"XADD", dead, "*", "a", "b"});
  CHECK(unchanged([this] { return requeue(); }) == Begins{"-FOREIGN key orders:dead: "});
  CHECK(unchanged([this] { return discard(); }) == Begins{"-FOREIGN key orders:dead: "});
}

TEST_CASE_FIXTURE(LetterShop, "a refused step is named with its key and nothing is written") {
  Refusal used_up = exhausted(results_stream);
  used_up.error = "-ERR key results: the stream has used up its last ID";
  std::vector<Refusal> refusals = {wrong_type(results_stream), wrong_type(dead), used_up, kOutOfMemory, kReplica};
  for (const char* command : {"xdel", "xrange"}) refusals.push_back(without(command, dead));
  for (const char* command : {"xadd", "xinfo"}) refusals.push_back(without(command, results_stream));
  refuses(refusals, [this] { return requeue(); });
  refuses(refusals, [this] { return discard(); });
  refuses({wrong_type(orders), exhausted(orders),
           denied({"resetkeys", "%R~orders", "~orders:dead", "~results", "(+evalsha ~*)"},
                  "-NOPERM key orders: this user has no right to XADD")},
          [&] { return requeue(); });
}

}  // namespace orderd::test
