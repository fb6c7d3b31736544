// Parses commands as a server receives them, however fragmented: in RESP a command has the form of a reply.
#pragma once

#include <hiredis/hiredis.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"

namespace orderd::test {

class CommandParser {
 public:
  void feed(std::string_view bytes) { (void)redisReaderFeed(reader_.get(), bytes.data(), bytes.size()); }

  // Removes and returns the next command; nullopt: more bytes are needed. Aborts at anything but an array of bulk
  // strings.
  [[nodiscard]] std::optional<std::vector<std::string>> next() {
    void* raw = nullptr;
    ORDERD_CHECK(redisReaderGetReply(reader_.get(), &raw) == REDIS_OK, reader_->errstr);
    if (raw == nullptr) return std::nullopt;
    const std::unique_ptr<redisReply, void (*)(void*)> command(static_cast<redisReply*>(raw), freeReplyObject);
    ORDERD_CHECK(command->type == REDIS_REPLY_ARRAY && command->elements > 0, "not a command");
    std::vector<std::string> words;
    for (std::size_t i = 0; i < command->elements; ++i) {
      const redisReply& word = *command->element[i];
      ORDERD_CHECK(word.type == REDIS_REPLY_STRING, "a word of a command is not a bulk string");
      words.emplace_back(word.str, word.len);
    }
    return words;
  }

 private:
  std::unique_ptr<redisReader, void (*)(redisReader*)> reader_{redisReaderCreate(), redisReaderFree};
};

}  // namespace orderd::test
