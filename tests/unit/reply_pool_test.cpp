// The memory of replies, with hiredis' own reader. The sanitizers report leaks and use after free.
#include "valkey/reply_pool.h"

#include <doctest/doctest.h>
#include <hiredis/hiredis.h>

#include <memory>

#include "support/resp.h"
#include "valkey/reply.h"

namespace orderd::valkey {
namespace {

using test::resp::bulk;

struct FreeReply {
  void operator()(redisReply* reply) const { free_pooled_reply(reply); }
};
using PooledReply = std::unique_ptr<redisReply, FreeReply>;

class ReplyReader {
 public:
  ReplyReader() : reader_(redisReaderCreate(), redisReaderFree) { use_reply_pool(*reader_); }

  void feed(std::string_view bytes) { REQUIRE(redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) == REDIS_OK); }
  // Null if the reply is not complete yet.
  PooledReply next() {
    void* reply = nullptr;
    REQUIRE(redisReaderGetReply(reader_.get(), &reply) == REDIS_OK);
    return PooledReply(static_cast<redisReply*>(reply));
  }
  bool fails() {
    void* reply = nullptr;
    return redisReaderGetReply(reader_.get(), &reply) == REDIS_ERR && reply == nullptr;
  }

 private:
  std::unique_ptr<redisReader, void (*)(redisReader*)> reader_;
};

TEST_CASE("a reply of many parts, small ones and ones larger than a block, arrives in fragments") {
  const std::string large(300000, 'x');
  std::string bytes = "*3\r\n*1000\r\n";
  for (int i = 0; i < 1000; ++i) bytes += "*2\r\n:" + std::to_string(-i) + "\r\n" + bulk("entry " + std::to_string(i));
  bytes += bulk(large) + "*1\r\n$-1\r\n";
  ReplyReader reader;
  PooledReply whole;
  for (std::size_t at = 0; at < bytes.size(); at += 7919) {
    CHECK(whole == nullptr);
    reader.feed(std::string_view(bytes).substr(at, 7919));
    whole = reader.next();
  }
  REQUIRE(whole != nullptr);
  const Reply reply(whole.get());
  REQUIRE(reply.at(0).size() == 1000);
  for (std::size_t i = 0; i < 1000; ++i) {
    CHECK(reply.at(0).at(i).at(0).integer() == -static_cast<int64_t>(i));
    CHECK(reply.at(0).at(i).at(1).text() == "entry " + std::to_string(i));
  }
  CHECK(reply.at(1).text() == large);
  CHECK(reply.at(2).at(0).is_nil());
}

TEST_CASE("an unfinished reply and an invalid one leave nothing behind") {
  ReplyReader cut;
  cut.feed("*2\r\n*2\r\n" + bulk("first") + "$1000\r\nno more");
  CHECK(cut.next() == nullptr);

  ReplyReader wrong;
  wrong.feed("*2\r\n" + bulk("first") + "?\r\n");
  CHECK(wrong.fails());
}

}  // namespace
}  // namespace orderd::valkey
