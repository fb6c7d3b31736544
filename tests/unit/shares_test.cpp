#include "lane/shares.h"

#include <doctest/doctest.h>

#include <map>

namespace orderd::lane {
namespace {

std::vector<std::string> numbered(const std::string& prefix, std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.push_back(prefix + std::to_string(i));
  return names;
}

// The daemon of each lane.
std::vector<std::string> assignment(std::size_t count, const std::vector<std::string>& daemons) {
  Shares shares(numbered("l", count));
  std::vector<std::string> owners;
  for (std::size_t i = 0; i < count; ++i) owners.push_back(shares.daemon_for(i, daemons));
  return owners;
}

TEST_CASE("each daemon gets an equal share of the lanes, give or take one") {
  for (const std::size_t count : {1, 4, 16, 64, 100}) {
    for (std::size_t daemons = 1; daemons <= 7; ++daemons) {
      const auto names = numbered("shop-", daemons);
      std::map<std::string, std::size_t> load;
      for (const std::string& owner : assignment(count, names)) ++load[owner];
      for (const std::string& name : names) {
        CHECK(load[name] >= count / daemons);
        CHECK(load[name] <= (count + daemons - 1) / daemons);
      }
    }
  }
}

TEST_CASE("all daemons compute the same, and when one joins or leaves few other lanes move") {
  const auto three = assignment(60, {"a", "b", "c"});
  CHECK(three == assignment(60, {"c", "a", "b", "a"}));
  const auto four = assignment(60, {"a", "b", "c", "d"});
  std::size_t moved = 0;
  for (std::size_t i = 0; i < 60; ++i) moved += three[i] != four[i] && four[i] != "d" ? 1 : 0;
  CHECK(moved <= 60 / 4);  // besides those that move to the new one
}

}  // namespace
}  // namespace orderd::lane
