// The script of the tutorials: GET, compare, DECRBY, and nothing else: no result, no record. The baseline for the cost
// of a settled order.
#pragma once

#include <string_view>

namespace orderd::bench {

inline constexpr std::string_view kBareScript = R"lua(
local stock = tonumber(redis.call('GET', KEYS[1]) or '0')
local quantity = tonumber(ARGV[1])
if stock < quantity then return 0 end
redis.call('DECRBY', KEYS[1], quantity)
return 1
)lua";

}  // namespace orderd::bench
