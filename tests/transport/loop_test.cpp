#include "loop/loop.h"

#include <unistd.h>

#include <csignal>

#include "transport/loop_fixture.h"

namespace orderd::test {
TEST_CASE_FIXTURE(LoopFixture, "a timer fires once and never inside start, and a negative delay is zero") {
  for (const int delay : {0, -5}) {
    CAPTURE(delay);
    int fired = 0;
    Timer timer(loop, [&] { ++fired; });
    timer.start(Milliseconds(delay));
    CHECK(fired == 0);
    CHECK(timer.active());
    turn(Milliseconds(10));
    CHECK(fired == 1);
    CHECK_FALSE(timer.active());
  }
}

TEST_CASE_FIXTURE(LoopFixture, "a timer that is stopped or destroyed does not fire") {
  int fired = 0;
  Timer stopped(loop, [&] { ++fired; });
  stopped.start(Milliseconds(1));
  stopped.stop();
  {
    Timer destroyed(loop, [&] { ++fired; });
    destroyed.start(Milliseconds(0));
  }
  turn(Milliseconds(10));
  CHECK(fired == 0);
}

TEST_CASE_FIXTURE(LoopFixture, "a timer can restart itself and be destroyed in its own callback") {
  int fired = 0;
  std::unique_ptr<Timer> timer;
  timer.reset(new Timer(loop, [&] {
    if (++fired < 3) return timer->start(Milliseconds(0));
    timer.reset();
  }));
  timer->start(Milliseconds(0));
  until([&] { return !timer; }, "the last time");
  turn(Milliseconds(5));
  CHECK(fired == 3);
}

TEST_CASE_FIXTURE(LoopFixture, "what is to run before the loop waits runs once and in the order of its start") {
  std::string ran;
  BeforeWait first(loop, [&] { ran += "1"; });
  BeforeWait second(loop, [&] { ran += "2"; });
  second.start();
  first.start();
  second.start();
  CHECK(ran.empty());
  turn(Milliseconds(1));
  CHECK(ran == "21");
}

TEST_CASE_FIXTURE(LoopFixture, "what is started by another callback before the loop waits does not wait for an event") {
  bool ran = false, fired = false;
  Timer timer(loop, [&] { fired = true; });
  timer.start(Milliseconds(2000));
  BeforeWait second(loop, [&] { ran = true; });
  BeforeWait first(loop, [&] { second.start(); });
  first.start();
  loop.run_once();  // without an event it would end with the timer
  loop.run_once();
  CHECK(ran);
  CHECK_FALSE(fired);
}

TEST_CASE_FIXTURE(LoopFixture, "what is destroyed before the loop waits does not run, and may destroy itself") {
  std::string ran;
  std::optional<BeforeWait> before, itself, after;
  before.emplace(loop, [&] { ran += "before"; });
  itself.emplace(loop, [&] {
    after.reset();
    itself.reset();
    ran += "itself";
  });
  after.emplace(loop, [&] { ran += "after"; });
  before->start();
  itself->start();
  after->start();
  before.reset();
  turn(Milliseconds(1));
  CHECK(ran == "itself");
}

TEST_CASE_FIXTURE(Tcp<LoopFixture>, "a signal is reported each time and not after it is destroyed") {
  int calls = 0;
  auto signal = std::make_unique<Signal>(loop, SIGUSR1, [&] { ++calls; });
  for (int i = 1; i <= 2; ++i) {
    kill(getpid(), SIGUSR1);
    until([&] { return calls == i; }, "the signal");
  }
  std::unique_ptr<Signal> last;  // while it lives, the signal does not end the process
  bool gone = false;
  last = std::make_unique<Signal>(loop, SIGUSR1, [&] {
    last.reset();
    gone = true;
  });
  signal.reset();
  kill(getpid(), SIGUSR1);
  until([&] { return gone; }, "the end of the last one in its own callback");
  CHECK(calls == 2);
}

}  // namespace orderd::test
