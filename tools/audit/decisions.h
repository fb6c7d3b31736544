// Which order IDs were decided, and by which result: at most one decision of an ID within the window, and duplicates
// and reused IDs refer to it. A hash table of bounded size; if it cannot hold all IDs, the audit reads the results
// several times, with one partition of the IDs in each pass.
#pragma once

#include <vector>

#include "audit/findings.h"
#include "audit/horizon.h"
#include "audit/result_entry.h"

namespace orderd::audit {

class Decisions {
 public:
  struct Part {
    uint64_t number = 0;
    uint64_t of = 1;
  };
  // How many partitions `results` results need within this many bytes.
  [[nodiscard]] static uint64_t parts(uint64_t results, std::size_t bytes);

  // For `results` results in all partitions. `horizon` and `findings` must outlive this.
  Decisions(const Horizon& horizon, Findings& findings, uint64_t results, Part part);

  // The next well-formed result. `asked`: what its request asks for; null if unknown.
  void take(const ResultEntry& result, Id id, const Content* asked);

 private:
  // The newest decision of an ID.
  struct Slot {
    Id result;          // 0-0: the slot is free
    uint64_t name = 0;  // half of the order ID's hash; the other half selects the slot
    uint64_t content = 0;
    static constexpr uint64_t kAccepted = 1;  // the lowest bit of `content`
    [[nodiscard]] bool used() const { return result != Id{}; }
  };
  [[nodiscard]] static uint64_t slots_for(uint64_t results) { return results + results / 4 + 16; }
  [[nodiscard]] Slot& slot_of(const Name& order);
  void judge_decision(const Slot& slot, const Place& place);
  void judge_wrong_lane(const Slot& slot, const Place& place);
  void judge_reuse(const Slot& slot, const Place& place, const Content* asked);
  void judge_duplicate(const Slot& slot, const Place& place, const ResultEntry& result, const Content* asked);
  [[nodiscard]] bool may_be_before_first(Id id) const;

  const Horizon& horizon_;
  Findings& findings_;
  const Part part_;
  std::vector<Slot> slots_;
  uint64_t used_ = 0;
};

}  // namespace orderd::audit
