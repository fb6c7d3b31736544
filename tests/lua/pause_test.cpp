// pause.lua, and what the other scripts do while a lane is paused.
#include "shop.h"

namespace orderd::test {
namespace {

class PausedShop : public FullShop {
 public:
  std::string pause(const std::string& why = "a test") { return run(lua::pause, {position}, {"pause", why}); }
  std::string resume() { return run(lua::pause, {position}, {"resume", ""}); }
};

}  // namespace

TEST_CASE_FIXTURE(PausedShop, "nothing is settled between pause and resume") {
  CHECK(settle({Order{}}) == "a");
  const Call next = call({Order{.id = "o-2"}, Malformed{}});
  const std::string paused = pause("counting the shelf");
  CHECK(paused == Begins{"paused 1"});
  CHECK_MESSAGE(paused.ends_with(" counting the shelf 1-0"), paused);
  CHECK(unchanged([&] { return run(next); }) == "moved");
  CHECK(resume().starts_with("resumed 1"));
  CHECK(position_field("paused").empty());
  CHECK(run(next) == "am");
}

TEST_CASE_FIXTURE(PausedShop, "pausing or resuming twice changes nothing and returns the current state") {
  const std::string first = pause("first");
  CHECK(pause("second") == "already" + first.substr(std::string("paused").size()));
  CHECK(resume().starts_with("resumed "));
  CHECK(resume() == "already _ _ 0-0");
}

TEST_CASE_FIXTURE(PausedShop, "a paused lane is neither joined nor repaired, and join returns since when and why") {
  CHECK(settle({Order{}, Order{.id = "o-2"}}) == "aa");
  (void)pause("by me");
  move_to("1-0");
  CHECK(unchanged([this] { return join(); }) == "1-0 2 -1 paused " + position_field("paused") + " 0 _");
  CHECK(unchanged([this] { return sign(""); }) == "paused _");
  CHECK(sign("orderd").starts_with("paused "));  // creates the group, and repairs nothing
  CHECK(position_field("id") == "1-0");
  (void)resume();
  CHECK(join().starts_with("2-0 2 0 restored 1-0 "));
  CHECK(sign("") == "missing _");
}

TEST_CASE_FIXTURE(PausedShop, "waiting requests of a paused lane are counted and the group is not moved") {
  CHECK(settle({Order{}}) == "a");
  CHECK(sign("orderd") == "created 0");
  (void)pause("by me");
  CHECK(sign("orderd") == "paused 0");
  push_many(2);
  CHECK(unchanged([this] { return sign("orderd"); }) == "paused 2");
  (void)at_server({"XGROUP", "DESTROY", orders, "orderd"});
  CHECK(sign("orderd") == "paused 2");
  (void)resume();
  CHECK(sign("orderd") == "moved 2");
}

TEST_CASE_FIXTURE(PausedShop, "a lane can be paused before it is first served") {
  (void)at_server({"DEL", position});
  CHECK(pause().ends_with(" a test _"));
  CHECK(join() == "_ _ -1 paused " + position_field("paused") + " 0 _");
  CHECK(resume().starts_with("resumed "));
  CHECK(at_server({"EXISTS", position}) == "0");
  CHECK(join().starts_with("0-0 0 0 created "));
}

TEST_CASE_FIXTURE(PausedShop, "a pause written by hand works like any other") {
  (void)at_server({"HSET", position, "paused", "because I say so"});
  CHECK(settle({Order{}}) == "moved");
  CHECK(pause() == "already _ because I say so 0-0");
  CHECK(resume() == "resumed _ because I say so 0-0");
}

TEST_CASE_FIXTURE(PausedShop, "a missing right and a key of the wrong type are named") {
  refuses({without("hset", position), wrong_type(position)}, [&] { return pause(); });
  (void)pause();
  refuses({without("hdel", position), wrong_type(position)}, [&] { return resume(); });
  CHECK_FALSE(position_field("paused").empty());
}

}  // namespace orderd::test
