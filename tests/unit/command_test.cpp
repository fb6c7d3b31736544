#include "valkey/command.h"

#include <doctest/doctest.h>

#include <cstdint>

#include "support/resp.h"

namespace orderd::valkey {
namespace {

using namespace std::string_literals;
using test::resp::bulks;

TEST_CASE("a command is written in RESP") {
  CHECK(Command::of("SET", "key", "value").bytes() == "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n");
}

TEST_CASE("arguments are counted in bytes and can contain anything") {
  CHECK(Command::of("GET", "a\0b"s).bytes() == "*2\r\n$3\r\nGET\r\n$3\r\na\0b\r\n"s);
  for (const std::string& text : {""s, "\r\n"s, "ü"s, "\xFF\x80"s}) {
    CHECK(Command::of("GET", text).bytes() == bulks({"GET", text}));
  }
  for (const std::size_t size : {9U, 10U, 99U, 100U, 999U, 1000U, 65536U, 1048576U}) {
    CHECK(Command::of("ECHO", std::string(size, 'x')).bytes() == bulks({"ECHO", std::string(size, 'x')}));
  }
}

TEST_CASE("numbers are written as decimal digits, and texts of every type alike") {
  const std::string owned = "abc";
  const char array[] = {'a', 'b', 'c'};
  const Command command = Command::of("X", 0, -1, std::size_t{1024}, uint16_t{65535}, INT64_MIN, UINT64_MAX, owned,
                                      owned.c_str(), std::string_view(array, 3));
  CHECK(command.bytes() ==
        bulks({"X", "0", "-1", "1024", "65535", "-9223372036854775808", "18446744073709551615", "abc", "abc", "abc"}));
}

TEST_CASE("a command is complete with exactly the announced arguments") {
  Command command;
  command.begin(2);
  CHECK_FALSE(command.complete());
  command.add("GET");
  CHECK_FALSE(command.complete());
  command.add("key");
  CHECK(command.complete());
  command.add("more");
  CHECK_FALSE(command.complete());
  command.begin(1000);  // drops the previous one
  for (int i = 0; i < 1000; ++i) command.add("a");
  CHECK(command.complete());
  CHECK(command.bytes() == bulks(std::vector<std::string>(1000, "a")));
}

TEST_CASE("arguments collected in advance become part of a command and count") {
  Arguments keys;
  keys.add("a");
  keys.add(7);
  CHECK(keys.count() == 2);
  Command command;
  command.begin(4);
  command.add("DEL");
  command.add(keys);
  CHECK_FALSE(command.complete());
  command.add("b");
  CHECK(command.complete());
  CHECK(command.bytes() == bulks({"DEL", "a", "7", "b"}));
  keys.clear();
  CHECK(keys.count() == 0);
  CHECK(keys.bytes().empty());
}

TEST_CASE("memory of a large command is released on demand and that of a small one is kept") {
  Command command = Command::of("ECHO", std::string(100'000, 'x'));
  command.shrink(1'000'000);
  CHECK(command.bytes().size() > 100'000);
  command.shrink(1000);
  CHECK(command.bytes().empty());
  command.begin(1);
  command.add("PING");
  CHECK(command.bytes() == bulks({"PING"}));
}

}  // namespace
}  // namespace orderd::valkey
