// From a decoded request to the bytes of its script call.
#pragma once

#include <string>
#include <string_view>

#include "lane/options.h"
#include "order/request.h"
#include "valkey/command.h"

namespace orderd::lane {

// Both answer where in `command` the gate's byte stands: '1' the entry must be pending; patched to '0' where the entry
// is known to be gone from the stream (see lua/settle.lua). `scratch` saves allocations.
[[nodiscard]] std::size_t write_settle(const Options& options, std::string_view script_id, std::string_view request_id,
                                       const order::Request& request, std::string& scratch, valkey::Command& command);

enum class Refusal { kMalformed, kRequestLost };

// `fields`: the entry's raw fields; they are cut at 64 KiB and 3,500 fields. Ignored for kRequestLost.
[[nodiscard]] std::size_t write_refuse(const Options& options, std::string_view script_id, std::string_view request_id,
                                       Refusal refusal, const order::Request& known, std::string_view detail,
                                       const order::Fields& fields, valkey::Command& command);

}  // namespace orderd::lane
