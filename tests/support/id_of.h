#pragma once

#include "base/stream_id.h"

namespace orderd::test {

// 0-0 if `text` is not an ID.
[[nodiscard]] inline StreamId id_of(std::string_view text) {
  return StreamId::parse(text).value_or(StreamId{});
}

}  // namespace orderd::test
