// letter.lua: requeues or discards a dead letter and writes that to the ledger.
#include "shop.h"

namespace orderd::test {
namespace {

class LetterShop : public Shop {
 public:
  // One malformed request was settled: its letter.
  LetterShop() {
    stock("shoe", "100");
    CHECK(settle({Malformed{.raw = {"id", "o-1", "sku", "shoe"}}}) == "m");
    letter = entries(admin(), dead).at(0).id;
    malformed = results().at(0).id;
  }
  std::string requeue(const std::vector<std::string>& fields = {"id", "o-1", "sku", "shoe", "quantity", "3"},
                      const std::string& corrected = "quantity") {
    std::vector<std::string> words = {"requeue", letter, "a test", corrected};
    words.insert(words.end(), fields.begin(), fields.end());
    return run(lua::letter, {dead, results_stream, orders}, words);
  }
  std::string discard() { return run(lua::letter, {dead, results_stream, orders}, {"discard", letter, "a test", ""}); }

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
  const std::string before = snapshot();
  for (const std::string& again : {requeue(), discard()}) {
    CHECK(again == "-GONE key orders:dead: there is no entry " + letter);
    CHECK(snapshot() == before);
  }
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
  const std::string before = snapshot();
  for (const std::string& answer : {requeue(), discard()}) {
    CHECK(answer.starts_with("-FOREIGN key orders:dead: "));
    CHECK(snapshot() == before);
  }
}

TEST_CASE_FIXTURE(LetterShop, "a refused step is named with its key and nothing is written") {
  Refusal used_up = exhausted(results_stream);
  used_up.error = "-ERR key results: the stream has used up its last ID";
  const std::vector<Refusal> both = {wrong_type(results_stream),
                                     used_up,
                                     wrong_type(dead),
                                     without("xadd", results_stream),
                                     without("xdel", dead),
                                     without("xrange", dead),
                                     without("xinfo", results_stream),
                                     kOutOfMemory,
                                     kReplica};
  refuses(both, [&] { return requeue(); });
  refuses(both, [&] { return discard(); });
  refuses({wrong_type(orders), exhausted(orders),
           denied({"resetkeys", "%R~orders", "~orders:dead", "~results", "(+evalsha ~*)"},
                  "-NOPERM key orders: this user has no right to XADD")},
          [&] { return requeue(); });
}

}  // namespace orderd::test
