// A stream, a page at a time. The next page is asked for before this one is handed out, so that server and audit work
// at the same time.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "audit/id.h"
#include "audit/link.h"
#include "audit/result_entry.h"

namespace orderd::audit {

// An entry; views into the reply.
struct RawEntry {
  std::string_view id;
  RawFields fields;
};
// Fills `entry` from one element of XRANGE's reply. False: it is none.
[[nodiscard]] bool read_entry(RespView view, RawEntry& entry);

// Hands the entries from `first` to `last` to `each`, in order. A failure of `each` ends it.
[[nodiscard]] Result<uint64_t> read_stream(Link& link, const std::string& stream, Id first, Id last,
                                           const std::function<Result<bool>(const RawEntry&)>& each);

}  // namespace orderd::audit
