// claim.lua: what a dead consumer left pending is taken over, and what was deleted meanwhile is told, once.
#include "shop.h"

namespace orderd::test {
namespace {

// How often each pending entry was delivered, and to whom last.
std::string owners(Shop& shop) {
  const auto pending = send(shop.admin(), command_of({"XPENDING", shop.orders, shop.group, "-", "+", "100"}));
  std::string text;
  for (std::size_t i = 0; i < pending->size(); ++i) {
    text += (i == 0 ? "" : " ") + text_of(pending->at(i).at(0)) + ":" + text_of(pending->at(i).at(1)) + "x" +
            text_of(pending->at(i).at(3));
  }
  return text;
}

// Makes a pending entry look as if it had been left alone for long.
void age(Shop& shop, const std::string& request, const std::string& consumer, int idle_ms) {
  (void)ask(shop.admin(),
            {"XCLAIM", shop.orders, shop.group, consumer, "0", request, "IDLE", std::to_string(idle_ms), "JUSTID"});
}

}  // namespace

TEST_CASE_FIXTURE(Shop, "entries idle for long enough are taken over without counting a delivery") {
  for (int i = 0; i < 3; ++i) (void)deliver("dead");
  (void)deliver("alive");
  age(*this, "1-0", "dead", 60000);
  age(*this, "3-0", "dead", 30000);
  CHECK(claim("c", 30000) == "0-0 2 0");
  CHECK(owners(*this) == "1-0:cx1 2-0:deadx1 3-0:cx1 4-0:alivex1");
  CHECK(claim("c", 30000) == "0-0 0 0");
  CHECK(results().empty());
}

TEST_CASE_FIXTURE(Shop, "a scan goes on where the last one stopped") {
  for (int i = 0; i < 5; ++i) (void)deliver("dead");
  CHECK(claim("c", 0, "0-0", 2) == "3-0 2 0");
  CHECK(claim("c", 0, "3-0", 2) == "5-0 2 0");
  CHECK(claim("c", 0, "5-0", 2) == "0-0 1 0");
  CHECK(owners(*this) == "1-0:cx1 2-0:cx1 3-0:cx1 4-0:cx1 5-0:cx1");
}

TEST_CASE_FIXTURE(Shop, "an entry that was deleted gets just one result whoever asks and its late settlement is gone") {
  stock("shoe", "100");
  const std::string lost = deliver("dead"), kept = deliver("dead");
  (void)ask(admin(), {"XDEL", orders, lost});
  CHECK(claim("c", 0) == "0-0 1 1");
  CHECK(claim("c", 0) == "0-0 1 0");
  CHECK(claim("d", 0) == "0-0 1 0");
  REQUIRE(results().size() == 1);
  CHECK(last_result() == "order= request=1-0 status=rejected reason=request_lost");
  const std::string before = snapshot();
  CHECK(settle(lost) == "gone");
  CHECK(refuse(lost, {.reason = "request_lost", .detail = "", .raw = {}}) == "gone");
  CHECK(snapshot() == before);
  CHECK(settle(kept) == "accepted");
}

TEST_CASE_FIXTURE(Shop, "each entry that was trimmed away while pending gets its result") {
  for (int i = 0; i < 250; ++i) (void)deliver("dead");
  (void)ask(admin(), {"XTRIM", orders, "MAXLEN", "0"});
  int lost = 0;
  for (std::string from = "0-0"; lost < 250;) {
    const std::string answer = claim("c", 3600000, from, 100);  // lost is lost, however short the idle time
    from = answer.substr(0, answer.find(' '));
    lost += std::stoi(answer.substr(answer.rfind(' ') + 1));
    if (from == "0-0") break;
  }
  CHECK(lost == 250);
  CHECK(pending() == 0);
  const auto written = results();
  REQUIRE(written.size() == 250);
  for (std::size_t i = 0; i < written.size(); ++i) CHECK(written[i].field("request") == std::to_string(i + 1) + "-0");
}

TEST_CASE_FIXTURE(Shop, "a claim that cannot write results claims nothing and loses no notice") {
  const std::string lost = deliver("dead");
  (void)deliver("dead");
  (void)ask(admin(), {"XDEL", orders, lost});
  std::string beginning;
  SUBCASE("results is no stream") {
    (void)ask(admin(), {"LPUSH", results_stream, "x"});
    beginning = "-WRONGTYPE key results: ";
  }
  SUBCASE("no right to write") {
    forbid("xadd");
    beginning = "-NOPERM key results: ";
  }
  SUBCASE("no right to results") {
    (void)ask(admin(), {"ACL", "SETUSER", "daemon", "resetkeys", "~orders", "%R~results"});
    beginning = "-NOPERM ";
  }
  SUBCASE("no right to claim") {
    forbid("xautoclaim");
    beginning = "-ERR ACL failure";
  }
  SUBCASE("out of memory") {
    (void)ask(admin(), {"CONFIG", "SET", "maxmemory", "1"});
    beginning = "-OOM ";
  }
  const std::string before = snapshot();
  const std::string answer = claim("c", 0);
  CHECK_MESSAGE(answer.starts_with(beginning), answer);
  CHECK(snapshot() == before);
  (void)ask(admin(), {"CONFIG", "SET", "maxmemory", "0"});
  (void)ask(admin(), {"ACL", "SETUSER", "daemon", "~*", "+@all"});
  if (beginning.starts_with("-WRONGTYPE")) (void)ask(admin(), {"DEL", results_stream});
  CHECK(claim("c", 0) == "0-0 1 1");
}

TEST_CASE_FIXTURE(Shop, "a claim without a group or stream says so") {
  SUBCASE("group") {
    destroy_group();
  }
  SUBCASE("stream") {
    (void)ask(admin(), {"DEL", orders});
  }
  CHECK(claim("c", 0).starts_with("-NOGROUP "));
}

TEST_CASE_FIXTURE(Shop, "an orders key that is no stream is an error") {
  (void)ask(admin(), {"DEL", orders});
  (void)ask(admin(), {"LPUSH", orders, "x"});
  CHECK(claim("c", 0).starts_with("-WRONGTYPE "));
}

}  // namespace orderd::test
