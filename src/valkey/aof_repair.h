// Finds out why a server cannot load its append-only files, and repairs them if that is safe.
//
// A crash or power loss may leave an incomplete transaction at the end of the last file. The file is truncated before
// it, so the transaction never happened. Other damage is left alone: truncating there would lose everything after it.
//
// Each file is checked separately: valkey-check-aof of Valkey 9.1 rejects valid manifests, since it does not know the
// header of that version's base file.
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
      kWhole,     // no file is damaged: there is another reason
      kRepaired,  // a torn end was removed; `what`: where and how much
      kDamaged,   // other damage, nothing was changed; `what`: where
      kUnknown,   // could not be checked or repaired; `what`: why
    };
    Kind kind;
    std::string what;
  };
  using Done = std::function<void(const Outcome&)>;

  explicit AofRepair(Loop& loop) : check_(loop) {}
  AofRepair(const AofRepair&) = delete;
  AofRepair& operator=(const AofRepair&) = delete;

  // `directory`: of the manifest. Only while none runs. `done` is called once, unless cancel() comes first, perhaps
  // before start() returns.
  void start(const std::string& directory, Done done);
  // Cancels. Each file is unchanged or repaired.
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
  std::vector<AofFile> files_;  // not checked yet; the last one is next
  bool last_ = true;            // the file being checked is the one that the server appended to
  Done done_;
};

}  // namespace orderd::valkey
