// What stands behind the last whole decision of an append-only file: the rest of one that a crash or a power cut
// interrupted, or damage?
//
// valkey-check-aof tells where the last whole command or transaction ends, and `--fix` cuts off everything behind that:
// the right thing for a torn tail, and the loss of everything behind it for a byte that flipped in the middle. Pure
// functions; what they cannot be sure of they call damage.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace orderd::valkey {

// The file that valkey-check-aof complains about; of its line "AOF analyzed: filename=…, size=…, ok_up_to=…, diff=…".
struct AofAnalysis {
  std::string file;     // its name, below the append-only directory
  uint64_t size = 0;    // bytes
  uint64_t good = 0;    // bytes up to the end of the last whole command or transaction
  uint64_t behind = 0;  // bytes behind that
};

// The last such line with anything behind the good part; nothing where there is none.
[[nodiscard]] std::optional<AofAnalysis> analysis_of(std::string_view report);

// `bytes`: all that stands behind the good part. True: it is the beginning of one command, or of one transaction, which
// ends too early, or which zeros follow (a file system may have made the file longer without having written it).
// False: something whole was lost with it, it is no command at all, or one cannot tell.
//
// Not to be told from a torn tail: a single command outside a transaction, the file's last one, in whose number of
// arguments a bit has flipped. Decisions are transactions.
[[nodiscard]] bool is_torn(std::string_view bytes);

}  // namespace orderd::valkey
