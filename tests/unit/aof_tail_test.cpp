#include "valkey/aof_tail.h"

#include <doctest/doctest.h>

#include "support/resp.h"

namespace orderd::valkey {
namespace {

using test::resp::bulks;  // of the words of a command

const std::string kDecision = bulks({"MULTI"}) + bulks({"DECRBY", "product:shoe:stock", "1"}) +
                              bulks({"XADD", "results", "1-1", "order", "o-1", "status", "accepted"}) +
                              bulks({"PSETEX", "order:o-1", "86400000", "1-1 accepted"}) +
                              bulks({"XACK", "orders", "orderd", "1-0"}) + bulks({"EXEC"});

TEST_CASE("each prefix of a decision or of a command is torn") {
  const std::string set = bulks({"SET", "product:shoe:stock", "100"});
  for (const std::string& whole : {kDecision, set}) {
    CHECK_FALSE(is_torn(whole));
    for (std::size_t size = 1; size < whole.size(); ++size) {
      INFO("size ", size, " of ", whole);
      CHECK(is_torn(whole.substr(0, size)));
      CHECK(is_torn(whole.substr(0, size) + std::string(4096, '\0')));
    }
  }
  CHECK(is_torn(std::string(10, '\0')));
  CHECK_FALSE(is_torn(""));
  CHECK_FALSE(is_torn(set + "*3\r\n"));
}

TEST_CASE("a bit that flips in a decision never makes it look torn") {
  for (const std::string& behind :
       {std::string(), kDecision, kDecision.substr(0, 40), kDecision + kDecision.substr(0, 40)}) {
    for (std::size_t at = 0; at < kDecision.size(); ++at) {
      for (unsigned bit = 0; bit < 8; ++bit) {
        std::string bytes = kDecision + behind;
        bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ (1U << bit));
        INFO("byte ", at, " bit ", bit, " with ", behind.size(), " bytes behind");
        CHECK_FALSE(is_torn(bytes));
      }
    }
  }
}

TEST_CASE("a FLUSH within a torn transaction is a write like others") {
  CHECK(is_torn(bulks({"MULTI"}) + bulks({"flushall"}) + "*3"));
  CHECK_FALSE(is_torn(bulks({"MULTI"}) + bulks({"EXEB"})));
  CHECK_FALSE(is_torn(bulks({"MULTI"}) + bulks({"MULTI"})));
}

TEST_CASE("impossible counts and lengths are damage") {
  for (const std::string bytes :
       {"*0\r\n", "*-1\r\n$3\r\n", "*99999999999\r\n", "*1\r\n$99999999999\r\nab", "*x", "$3\r\nSET", "*01\r\n"}) {
    CHECK_FALSE_MESSAGE(is_torn(bytes), bytes);
  }
}

TEST_CASE("a manifest names the files that are loaded, in order") {
  const auto files = aof_files(
      "file appendonly.aof.2.base.rdb seq 2 type b\nfile appendonly.aof.1.incr.aof seq 1 type h\n"
      "file appendonly.aof.3.incr.aof seq 3 type i\nfile appendonly.aof.4.incr.aof seq 4 type i");
  REQUIRE(files.size() == 3);
  CHECK(files[0].name == "appendonly.aof.2.base.rdb");
  CHECK(files[0].is_rdb());
  CHECK(files[2].name == "appendonly.aof.4.incr.aof");
  CHECK_FALSE(files[2].is_rdb());
  for (const std::string odd :
       {"", "\n\n", "file", "file  seq 1 type i", "file a type i", "# file a seq 1 type i", "file a seq 1"}) {
    CHECK_MESSAGE(aof_files(odd).empty(), odd);
  }
}

TEST_CASE("the report of valkey-check-aof names the file and the place") {
  const auto found = analysis_of(
      "AOF analyzed: filename=appendonly.aof.1.base.rdb, size=89, ok_up_to=89, ok_up_to_line=1, diff=0\n"
      "0x bc: Expected \\r\\n, got: 0000\n"
      "AOF analyzed: filename=appendonly.aof.1.incr.aof, size=190, ok_up_to=54, ok_up_to_line=39, diff=136\n"
      "AOF appendonly.aof.1.incr.aof is not valid. Use the --fix option to try fixing it.\n");
  REQUIRE(found);
  CHECK(found->file == "appendonly.aof.1.incr.aof");
  CHECK(found->size == 190);
  CHECK(found->good == 54);
  CHECK(found->behind == 136);
  for (const std::string report : {"", "AOF analyzed: filename=a, size=9, ok_up_to=9, ok_up_to_line=1, diff=0\n",
                                   "AOF analyzed: filename=a, size=9, ok_up_to=4, ok_up_to_line=1, diff=4\n",
                                   "RDB preamble of AOF file is not sane, aborting.\n"}) {
    CHECK_FALSE_MESSAGE(analysis_of(report), report);
  }
}

}  // namespace
}  // namespace orderd::valkey
