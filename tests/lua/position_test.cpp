// position.lua: the pair (settled, results) that a lost group is created from is never ahead of the truth.
#include "shop.h"

namespace orderd::test {
namespace {

// "settled results", as written down.
std::string pair(Shop& shop) {
  return text_of(send(shop.admin(), command_of({"HMGET", shop.position_key, "settled", "results"})).view());
}

}  // namespace

TEST_CASE_FIXTURE(Shop, "what is settled is written down at the second call with the results it was seen with") {
  stock("shoe", "100");
  CHECK(settle(deliver()) == "accepted");
  const std::string result = results().back().id;
  CHECK(position() == "");
  CHECK(settle(deliver(), {.id = "o-2"}) == "accepted");
  CHECK(position() == "1-0");
  CHECK(pair(*this) == "1-0 " + result);
  CHECK(position() == "2-0");
  CHECK(pair(*this) == "2-0 " + results().back().id);
}

TEST_CASE_FIXTURE(Shop, "the pair stays while a request up to it is pending") {
  stock("shoe", "100");
  const std::string first = deliver(), second = deliver();
  CHECK(settle(second, {.id = "o-2"}) == "accepted");
  for (int i = 0; i < 3; ++i) CHECK(position() == "");
  CHECK(settle(first, {.id = "o-1"}) == "accepted");
  CHECK(position() == "2-0");
  (void)deliver();
  CHECK(position() == "2-0");
  CHECK(position() == "2-0");
}

TEST_CASE_FIXTURE(Shop, "the pair follows steady traffic though something is always pending") {
  stock("shoe", "100");
  std::string last = deliver();
  for (int i = 2; i < 12; ++i) {
    (void)position();
    const std::string next = deliver();
    CHECK(settle(last, {.id = last}) == "accepted");
    last = next;
  }
  CHECK(position() == "10-0");
}

TEST_CASE_FIXTURE(Shop, "a group that has read nothing has settled nothing: the pair is 0-0") {
  (void)push();
  CHECK(position() == "");
  CHECK(position() == "0-0");
  CHECK(pair(*this) == "0-0 0-0");
}

TEST_CASE_FIXTURE(Shop, "a call that finds nothing new writes nothing") {
  stock("shoe", "100");
  CHECK(settle(deliver()) == "accepted");
  for (int i = 0; i < 3; ++i) (void)position();
  (void)ask(admin(), {"CONFIG", "RESETSTAT"});
  CHECK(position() == "1-0");
  CHECK(ask(admin(), {"INFO", "commandstats"}).find("cmdstat_hset") == std::string::npos);
}

TEST_CASE_FIXTURE(Shop, "a group created anew behind the pair does not make unsettled requests settled") {
  stock("shoe", "100");
  const std::string first = deliver();
  CHECK(settle(first) == "accepted");
  (void)position();
  CHECK(position() == "1-0");
  const std::string second = deliver();  // never settled
  CHECK(position() == "1-0");            // it has seen that 2-0 was delivered
  destroy_group();
  create_group("1-0");
  CHECK(position() == "1-0");  // nothing is pending now, but 2-0 is yet to be delivered
  CHECK(position() == "1-0");
  CHECK(read() == 1);
  CHECK(position() == "1-0");
  CHECK(settle(second, {.id = "o-2"}) == "accepted");
  CHECK(position() == "2-0");
}

TEST_CASE_FIXTURE(Shop, "a group created anew at 0 does not turn the pair back") {
  stock("shoe", "100");
  CHECK(settle(deliver()) == "accepted");
  (void)position();
  CHECK(position() == "1-0");
  const std::string before = pair(*this);
  destroy_group();
  create_group();
  for (int i = 0; i < 3; ++i) CHECK(position() == "1-0");
  CHECK(pair(*this) == before);
}

TEST_CASE_FIXTURE(Shop, "a stream begun anew with lower ids gets a pair of its own") {
  stock("shoe", "100");
  (void)ask(admin(), {"XADD", orders, "100-0", "order", "-"});
  (void)read();
  CHECK(settle("100-0") == "accepted");
  const std::string old_result = results().back().id;
  (void)position();
  CHECK(position() == "100-0");
  (void)ask(admin(), {"DEL", orders});
  create_group();
  CHECK(settle(deliver(), {.id = "o-2"}) == "accepted");
  CHECK(position() == "0-0");
  CHECK(pair(*this) == "0-0 " + old_result);
  const std::string second = deliver();
  CHECK(position() == "1-0");
  CHECK(settle(second, {.id = "o-3"}) == "accepted");
  CHECK(position() == "2-0");
}

TEST_CASE_FIXTURE(Shop, "only the group itself counts") {
  (void)ask(admin(), {"XGROUP", "CREATE", orders, "a", "0"});
  (void)ask(admin(), {"XGROUP", "CREATE", orders, "z", "0"});
  acknowledge(deliver());
  (void)read_group(admin(), orders, "a", "c");
  (void)position();
  CHECK(position() == "1-0");
}

TEST_CASE_FIXTURE(Shop, "the position compares ids as numbers of 64 bits") {
  const std::vector<std::string> ids = {"9-18446744073709551615", "10-0", "10-9", "10-10", "10-18446744073709551615",
                                        "18446744073709551615-0"};
  std::string before;
  for (const auto& id : ids) {
    (void)ask(admin(), {"XADD", orders, id, "order", "-"});
    CHECK(read() == 1);
    if (!before.empty()) acknowledge(before);
    CHECK(position() == before);  // `id` is pending, and just after it
    before = id;
  }
}

TEST_CASE_FIXTURE(Shop, "what cannot be written down is an error that changes nothing") {
  stock("shoe", "100");
  CHECK(settle(deliver()) == "accepted");
  (void)position();
  std::string beginning;
  SUBCASE("no group") {
    destroy_group();
    beginning = "-NOGROUP ";
  }
  SUBCASE("no stream") {
    (void)ask(admin(), {"DEL", orders});
    beginning = "-NOGROUP ";
  }
  SUBCASE("the position is no hash") {
    set(admin(), position_key, "x");
    beginning = "-WRONGTYPE ";
  }
  SUBCASE("results is no stream") {
    (void)ask(admin(), {"DEL", results_stream});
    (void)ask(admin(), {"LPUSH", results_stream, "x"});
    beginning = "-WRONGTYPE ";
  }
  SUBCASE("no right to write") {
    forbid("hset");
    beginning = "-ERR ACL failure";
  }
  SUBCASE("out of memory") {
    (void)ask(admin(), {"CONFIG", "SET", "maxmemory", "1"});
    beginning = "-OOM ";
  }
  const std::string before = snapshot();
  const std::string answer = position();
  CHECK_MESSAGE(answer.starts_with(beginning), answer);
  CHECK(snapshot() == before);
}

}  // namespace orderd::test
