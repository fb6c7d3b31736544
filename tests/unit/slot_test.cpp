#include "valkey/slot.h"

#include <doctest/doctest.h>

namespace orderd::valkey {

TEST_CASE("slots are those of the cluster specification") {
  CHECK(slot_of("123456789") == 0x31C3 % kSlots);
  CHECK(slot_of("foo") == 12182);
  CHECK(slot_of("") == 0);
  CHECK(slot_of("{user1000}.following") == slot_of("{user1000}.followers"));
  CHECK(slot_of("\xFF\xFE") < kSlots);
}

TEST_CASE("the hash tag is between the first { and the first } after it") {
  CHECK(hash_tag("{user1000}.following") == "user1000");
  CHECK(hash_tag("foo{{bar}}zap") == "{bar");
  CHECK(hash_tag("foo{bar}{zap}") == "bar");
  for (const std::string without : {"foo{}{bar}", "{a", "}a{", "a"}) CHECK(hash_tag(without) == without);
}

}  // namespace orderd::valkey
