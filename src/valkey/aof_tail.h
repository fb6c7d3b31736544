// What comes after the last whole transaction of an append-only file: the rest of one that a crash or a power cut
// interrupted, or damage?
//
// valkey-check-aof says where the last whole command or transaction ends, and `--fix` cuts off everything after that:
// right for a torn tail, but for a byte that flipped in the middle the loss of everything after it. Pure functions;
// what they cannot be sure of they call damage.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace orderd::valkey {

// One line of a manifest.
struct AofFile {
  std::string name;  // in the manifest's directory
  [[nodiscard]] bool is_rdb() const { return name.ends_with(".rdb"); }
};

// The files that a server loads, in this order: the base, then what was appended to it. Others that the manifest names
// are history. Lines that are not understood are left out.
[[nodiscard]] std::vector<AofFile> aof_files(std::string_view manifest);

// What valkey-check-aof complains about; of its line "AOF analyzed: filename=…, size=…, ok_up_to=…, diff=…".
struct AofAnalysis {
  std::string file;     // as it was given
  uint64_t size = 0;    // bytes
  uint64_t good = 0;    // bytes up to the end of the last whole command or transaction
  uint64_t behind = 0;  // bytes after that
};

// The last such line with anything after the good part; nothing where there is none.
[[nodiscard]] std::optional<AofAnalysis> analysis_of(std::string_view report);

// `bytes`: all that comes after the good part. True: it is the beginning of one command, or of one transaction, which
// ends too early, or which zeros follow (a file system may have made the file longer without having written it).
// False: something whole was lost with it, it is not a command at all, or that is unknown.
//
// A single command outside a transaction, the file's last one, in whose number of arguments a bit has flipped, looks
// like a torn tail. What scripts write is in transactions.
[[nodiscard]] bool is_torn(std::string_view bytes);

}  // namespace orderd::valkey
