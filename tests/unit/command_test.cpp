#include "valkey/command.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>

namespace orderd::valkey {
namespace {

using namespace std::string_literals;

std::string text(const Command& command) {
  return std::string(command.bytes());
}

TEST_CASE("a command is written in RESP") {
  CHECK(text(Command::of("PING")) == "*1\r\n$4\r\nPING\r\n");
  CHECK(text(Command::of("SET", "key", "value")) == "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n");
}

TEST_CASE("arguments are counted in bytes and can contain anything") {
  CHECK(text(Command::of("GET", "")) == "*2\r\n$3\r\nGET\r\n$0\r\n\r\n");
  CHECK(text(Command::of("GET", "\r\n")) == "*2\r\n$3\r\nGET\r\n$2\r\n\r\n\r\n");
  CHECK(text(Command::of("GET", "a\0b"s)) == "*2\r\n$3\r\nGET\r\n$3\r\na\0b\r\n"s);
  CHECK(text(Command::of("GET", "ü")) == "*2\r\n$3\r\nGET\r\n$2\r\nü\r\n");
  CHECK(text(Command::of("GET", "\xFF\x80")) == "*2\r\n$3\r\nGET\r\n$2\r\n\xFF\x80\r\n");
}

TEST_CASE("lengths of several digits are written in full") {
  for (const std::size_t size : {9U, 10U, 99U, 100U, 999U, 1000U, 65536U, 1048576U}) {
    const std::string value(size, 'x');
    CHECK(text(Command::of("ECHO", value)) == "*2\r\n$4\r\nECHO\r\n$" + std::to_string(size) + "\r\n" + value + "\r\n");
  }
}

TEST_CASE("a command may have many arguments") {
  Command command;
  command.begin(1000);
  std::string expected = "*1000\r\n";
  for (int i = 0; i < 1000; ++i) {
    CHECK_FALSE(command.complete());
    command.add("a");
    expected += "$1\r\na\r\n";
  }
  CHECK(command.complete());
  CHECK(text(command) == expected);
}

TEST_CASE("numbers are written as decimal digits") {
  CHECK(text(Command::of("X", 0)) == "*2\r\n$1\r\nX\r\n$1\r\n0\r\n");
  CHECK(text(Command::of("X", -1)) == "*2\r\n$1\r\nX\r\n$2\r\n-1\r\n");
  CHECK(text(Command::of("X", std::size_t{1024})) == "*2\r\n$1\r\nX\r\n$4\r\n1024\r\n");
  CHECK(text(Command::of("X", uint16_t{65535})) == "*2\r\n$1\r\nX\r\n$5\r\n65535\r\n");
  CHECK(text(Command::of("X", std::numeric_limits<int64_t>::min())) ==
        "*2\r\n$1\r\nX\r\n$20\r\n-9223372036854775808\r\n");
  CHECK(text(Command::of("X", std::numeric_limits<uint64_t>::max())) ==
        "*2\r\n$1\r\nX\r\n$20\r\n18446744073709551615\r\n");
}

TEST_CASE("text of every type is the same argument") {
  const std::string owned = "abc";
  const char array[] = {'a', 'b', 'c'};
  const std::string expected = "*2\r\n$1\r\nX\r\n$3\r\nabc\r\n";
  CHECK(text(Command::of("X", owned)) == expected);
  CHECK(text(Command::of("X", owned.c_str())) == expected);
  CHECK(text(Command::of("X", std::string_view(array, 3))) == expected);
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
  CHECK(Command::of("A", 1, "b"s).complete());
}

TEST_CASE("begin drops the previous command") {
  Command command;
  command.begin(3);
  command.add("SET");
  command.add(std::string(10000, 'x'));
  command.begin(1);
  command.add("PING");
  CHECK(command.complete());
  CHECK(text(command) == "*1\r\n$4\r\nPING\r\n");
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
  CHECK(text(command) == "*4\r\n$3\r\nDEL\r\n$1\r\na\r\n$1\r\n7\r\n$1\r\nb\r\n");
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
  CHECK(text(command) == "*1\r\n$4\r\nPING\r\n");
}

}  // namespace
}  // namespace orderd::valkey
