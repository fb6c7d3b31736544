// What is delivered again after it was answered: marks tell, where no record does (lua/settle.lua, lua/refuse.lua),
// until the position does (lua/position.lua).
#include <algorithm>

#include "shop.h"

namespace orderd::test {
namespace {

// One request of each kind that leaves no record, answered; `again` delivers and settles them once more.
class AnsweredShop : public Shop {
 public:
  AnsweredShop() {
    stock("shoe", "100");
    CHECK(settle(deliver(), first) == "accepted");
    requests = {deliver(), deliver(), deliver(), deliver(), deliver(), deliver()};
    for (std::size_t i = 0; i < requests.size(); ++i) CHECK(call(i, requests[i]) == kAnswers[i]);
  }
  std::string call(std::size_t i, const std::string& request) {
    switch (i) {
      case 0: return settle(request, first);
      case 1: return settle(request, {.lines = {{"shoe", "4"}}});
      case 2: return refuse(request);
      case 3: return refuse(request, {.reason = "request_lost", .detail = "", .raw = {}});
      case 4: return settle(request, {.id = "no record", .window = "0"});
      default: return settle(request, {.id = "no record", .lines = {{"shoe", "101"}}, .window = "0"});
    }
  }
  // All of it again, from the first entry on.
  void deliver_again() {
    set_group("0");
    CHECK(read() == requests.size() + 1);
    CHECK(settle("1-0", first) == "stale");
  }
  void are_stale() {
    const auto before = results();
    const std::string left = stock("shoe");
    for (std::size_t i = 0; i < requests.size(); ++i) {
      CAPTURE(i);
      CHECK(call(i, requests[i]) == "stale");
    }
    CHECK(pending() == 0);
    CHECK(results() == before);
    CHECK(stock("shoe") == left);
    CHECK(length(admin(), dead) == 1);
  }

  static constexpr const char* kAnswers[] = {"duplicate",    "id_reused", "malformed",
                                             "request_lost", "accepted",  "insufficient_stock"};
  const Order first;
  std::vector<std::string> requests;
};

}  // namespace

TEST_CASE_FIXTURE(AnsweredShop,
                  "what was answered and leaves no record is stale when a group that was set back delivers it again") {
  CHECK(marks() == requests.size());
  for (int times = 0; times < 3; ++times) {
    deliver_again();
    are_stale();
  }
  CHECK(marks() == requests.size());
}

TEST_CASE_FIXTURE(AnsweredShop, "marks that are put aside tell as well, and once they are dropped the position does") {
  requests.push_back(deliver());
  CHECK(settle(requests.back(), {.id = "later"}) == "accepted");
  CHECK(position() == "");
  CHECK(exists(admin(), answered_key + ":before"));
  CHECK_FALSE(exists(admin(), answered_key));
  deliver_again();
  CHECK(settle(requests.back(), {.id = "later"}) == "stale");
  requests.pop_back();
  are_stale();
  CHECK(position() == "8-0");
  CHECK(marks() == 0);
  requests.emplace_back("8-0");
  deliver_again();
  CHECK(settle(requests.back(), {.id = "later"}) == "stale");
  requests.pop_back();
  are_stale();
  CHECK(marks() == 0);
}

TEST_CASE_FIXTURE(AnsweredShop, "no mark is dropped while the position has not passed it") {
  const std::string waiting = deliver();
  for (int i = 0; i < 4; ++i) {
    CHECK(position() < "8-0");
    CHECK(refuse(deliver()) == "malformed");
  }
  CHECK(marks() == requests.size() + 4);
  CHECK(settle(waiting, {.id = "o-2"}) == "accepted");
  // The marks that came meanwhile were put aside later than the others.
  for (int i = 0; i < 2; ++i) CHECK(refuse(deliver()) == "malformed");
  for (int i = 0; i < 6; ++i) {
    CHECK(settle(deliver(), {.id = "later " + std::to_string(i)}) == "accepted");
    (void)position();
  }
  CHECK(marks() == 0);
}

TEST_CASE_FIXTURE(AnsweredShop,
                  "the position and the marks of a stream that was begun anew say nothing of the new one") {
  for (const char* id : {"first", "second"}) CHECK(settle(deliver(), {.id = id}) == "accepted");
  for (int i = 0; i < 2; ++i) (void)position();
  CHECK(refuse(deliver()) == "malformed");
  (void)ask(admin(), {"DEL", orders});
  create_group();
  const auto anew = [&](const char* id) {
    (void)ask(admin(), {"XADD", orders, id, "order", "-"});
    REQUIRE(read() == 1);
    return std::string(id);
  };
  CHECK(refuse(anew("2-0")) == "malformed");
  CHECK(settle(anew("3-0"), {.id = "no record", .window = "0"}) == "accepted");
  CHECK(position() == "0-0");
  CHECK(marks() == 0);
  CHECK(refuse(anew("3-5")) == "malformed");
  CHECK(marks() == 1);
}

TEST_CASE_FIXTURE(AnsweredShop, "a mark that cannot be made is named, and one is taken back with all else that is") {
  const std::string request = deliver();
  const std::string before = snapshot();
  const auto refused = [&](const std::string& beginning, std::initializer_list<std::size_t> kinds) {
    for (const std::size_t i : kinds) {
      CAPTURE(i);
      const std::string answer = call(i, request);
      CHECK_MESSAGE(answer.starts_with(beginning), answer);
      CHECK(snapshot() == before);
    }
  };
  for (const char* command : {"zadd", "zscore"}) {
    forbid(command);
    refused("-NOPERM key orders:g:answered: ", {0, 1, 2, 3, 4, 5});
    allow_everything();
  }
  forbid("xadd");
  refused("-NOPERM key results: ", {0, 1, 2, 3, 4, 5});
  allow_everything();
  forbid("decrby");
  refused("-NOPERM key product:shoe:stock: ", {4});
  allow_everything();
  forbid("xack");
  refused("-NOPERM key orders: ", {0, 1, 2, 3, 4, 5});
  allow_everything();
  destroy_group();
  const std::string without = snapshot();
  for (std::size_t i = 0; i < requests.size(); ++i) CHECK(call(i, request) == "nogroup");
  CHECK(snapshot() == without);
  create_group("7-0");
  CHECK(read() == 1);
  CHECK(call(0, request) == "duplicate");
}

TEST_CASE_FIXTURE(AnsweredShop, "a key of the wrong type where the marks go is named and nothing changes") {
  const std::string request = deliver();
  for (const std::string& key : std::vector<std::string>{answered_key, answered_key + ":before"}) {
    (void)ask(admin(), {"DEL", key});
    (void)ask(admin(), {"LPUSH", key, "x"});
    const std::string before = snapshot();
    for (std::size_t i = 0; i < requests.size(); ++i)
      CHECK(call(i, request).starts_with("-WRONGTYPE key orders:g:answered: "));
    CHECK(snapshot() == before);
    (void)ask(admin(), {"DEL", key});
  }
  CHECK(call(0, request) == "duplicate");
}

TEST_CASE_FIXTURE(AnsweredShop,
                  "one that two callers hold with the gate open is answered once, also without a record") {
  const Order order{.id = "no record", .window = "0", .gate = "0"};
  CHECK(settle("99-0", order) == "accepted");
  CHECK(settle("99-0", order) == "stale");
}

TEST_CASE_FIXTURE(Shop,
                  "a group that was set beyond the end of the stream takes the position no further than the end") {
  (void)deliver();
  acknowledge("1-0");
  set_group("9999999999999-0");
  for (int i = 0; i < 3; ++i) (void)position();
  CHECK(position() == "1-0");
}

}  // namespace orderd::test
