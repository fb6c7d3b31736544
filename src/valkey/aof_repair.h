// Why a server cannot load its append-only files, and the repair where that is safe.
//
// A crash or a power cut may leave the beginning of a transaction at the end of the last file. It is cut off before
// that transaction, which then never happened. Any other damage is left alone: cutting there would lose everything
// after it.
//
// Each file is checked by itself: the valkey-check-aof of Valkey 9.1 rejects the manifest of an undamaged server,
// because it does not know the header of that version's own base file.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "loop/loop.h"
#include "valkey/aof_check.h"
#include "valkey/aof_tail.h"

namespace orderd::valkey {

class AofRepair {
 public:
  struct Outcome {
    enum class Kind {
      kWhole,     // no file is damaged: the server has another reason
      kRepaired,  // a torn end was cut off; `what` says where and how much
      kDamaged,   // damaged otherwise, and nothing was changed; `what` says where
      kUnknown,   // could not be checked or repaired; `what` says why
    };
    Kind kind;
    std::string what;
  };
  using Done = std::function<void(const Outcome&)>;

  explicit AofRepair(Loop& loop) : check_(loop) {}
  AofRepair(const AofRepair&) = delete;
  AofRepair& operator=(const AofRepair&) = delete;

  // `directory`: where the manifest is. Only while none runs. `done` is called once, unless cancel() comes first; it
  // may be called before start() returns.
  void start(const std::string& directory, Done done);
  // Ends what runs; a file is then as it was, or repaired.
  void cancel();

  // The name of the manifest in that directory.
  static constexpr const char* kManifest = "appendonly.aof.manifest";

 private:
  void look();
  void on_looked(const Result<AofCheck::Report>& report);
  void repair(const std::string& file, const AofAnalysis& found);
  void finish(Outcome::Kind kind, const std::string& what);
  [[nodiscard]] std::string current() const { return directory_ + "/" + files_.back().name; }

  AofCheck check_;
  std::string directory_;
  std::vector<AofFile> files_;  // still to be checked, from the back
  bool last_ = true;            // the file that is checked now is the one that the server wrote to
  Done done_;
};

}  // namespace orderd::valkey
