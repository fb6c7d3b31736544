// The `request` IDs of the results increase strictly. They restart once where the stream was recreated with smaller
// IDs. They also restart each time that it was absent and newer requests were settled: at the first request that was
// waiting when it disappeared.
#include "order-chaos/order_check.h"

#include <algorithm>

namespace orderd::chaos {
namespace {

class Walk {
 public:
  Walk(const Record& record, const Ledger& ledger)
      : record_(record), ledger_(ledger), recreated_(record.recreated), absences_(record.absences) {}

  OrderCheck check() {
    EntryId newest;
    for (const auto& [result, request] : ledger_.order) {
      if (request <= newest) {
        if (may_begin_again(request, newest)) {
          check_.restarts.insert(result);
        } else {
          check_.out_of_order.push_back(result.text() + " answers " + request.text() + " after " + newest.text());
        }
      }
      newest = request;
      answered_.insert(request);
    }
    for (const Absence& absence : record_.absences) check_absence(absence);
    return std::move(check_);
  }

 private:
  // `newest` is the last request with a result.
  bool may_begin_again(EntryId request, EntryId newest) {
    const bool gone = std::any_of(record_.discarded.begin(), record_.discarded.end(),
                                  [&](const IdRange& range) { return range.has(newest); });
    if (!gone) return false;
    if (recreated_.erase(request) > 0) return true;
    const auto absence =
        std::find_if(absences_.begin(), absences_.end(), [&](const Absence& one) { return begins(one, request); });
    if (absence == absences_.end()) return false;
    absences_.erase(absence);
    return true;
  }

  // Whether this is the first waiting request of the absent stream.
  [[nodiscard]] bool begins(const Absence& absence, EntryId request) const {
    if (absence.waiting.count(request) == 0) return false;
    return std::none_of(absence.waiting.begin(), absence.waiting.find(request), [&](EntryId earlier) {
      return ledger_.requests.count(earlier) > 0 && answered_.count(earlier) == 0;
    });
  }

  [[nodiscard]] bool has_result(EntryId request) const { return ledger_.by_request.count(request) > 0; }

  // Whether they were overtaken then, or another time.
  [[nodiscard]] bool overtaken(EntryId request) const {
    return std::any_of(record_.absences.begin(), record_.absences.end(), [&](const Absence& absence) {
      if (absence.waiting.count(request) == 0) return false;
      const auto next = ledger_.by_request.lower_bound(absence.meanwhile.first);
      return next != ledger_.by_request.end() && absence.meanwhile.has(next->first);
    });
  }

  // Of the waiting requests that are in the stream again, a prefix has results and the rest has none.
  void check_absence(const Absence& absence) {
    EntryId first_unanswered;
    for (const EntryId request : absence.waiting) {
      if (has_result(request)) {
        if (first_unanswered != EntryId{})
          check_.passed_over.push_back(first_unanswered.text() + " has no result, " + request.text() + " after it has");
        continue;
      }
      if (record_.deleted.count(request) > 0) continue;
      if (!overtaken(request)) {
        check_.passed_over.push_back(request.text() + " has no result, and nothing overtook it");
      } else if (ledger_.requests.count(request) > 0) {
        if (first_unanswered == EntryId{}) first_unanswered = request;
        check_.unanswered.insert(request);
      }
    }
  }

  const Record& record_;
  const Ledger& ledger_;
  std::set<EntryId> recreated_;    // restarts still to come
  std::vector<Absence> absences_;  // the same
  std::set<EntryId> answered_;     // so far
  OrderCheck check_;
};

}  // namespace

OrderCheck check_order(const Record& record, const Ledger& ledger) {
  return Walk(record, ledger).check();
}

}  // namespace orderd::chaos
