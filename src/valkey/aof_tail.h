// What follows the last complete transaction of an append-only file: an incomplete transaction, left by a crash or
// power loss, or damage?
//
// valkey-check-aof reports where the last complete command or transaction ends, and `--fix` truncates there. That is
// right for a torn tail. After a flipped byte in the middle, it would lose everything after it. Pure functions; in
// doubt, the answer is damage.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace orderd::valkey {

// One line of a manifest.
struct AofFile {
  std::string name;  // within the manifest's directory
  [[nodiscard]] bool is_rdb() const { return name.ends_with(".rdb"); }
};

// The files that a server loads, in this order: the base, then the incremental ones. Other files in the manifest are
// history. Unknown lines are skipped.
[[nodiscard]] std::vector<AofFile> aof_files(std::string_view manifest);

// What valkey-check-aof reports in its line "AOF analyzed: filename=…, size=…, ok_up_to=…, diff=…".
struct AofAnalysis {
  std::string file;     // as given
  uint64_t size = 0;    // bytes
  uint64_t good = 0;    // bytes up to the end of the last complete command or transaction
  uint64_t behind = 0;  // bytes after that
};

// The last such line with bytes after the good part, if there is one.
[[nodiscard]] std::optional<AofAnalysis> analysis_of(std::string_view report);

// `bytes`: everything after the good part. True: the beginning of one command or transaction, which ends too early or
// is followed by zeros (a file system may have extended the file without writing the data). False: it contains
// something complete, is not a command, or cannot be told apart.
//
// If the last command of the file is outside a transaction and its number of arguments was damaged, it looks like a
// torn tail. Scripts write in transactions.
[[nodiscard]] bool is_torn(std::string_view bytes);

}  // namespace orderd::valkey
