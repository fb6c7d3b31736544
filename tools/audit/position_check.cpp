// settle.lua moves the position in the same step in which it writes the results.
#include "audit/position_check.h"

namespace orderd::audit {
namespace {

constexpr const char* kPosition = "the position";

}  // namespace

void check_position(const Horizon& horizon, const Settled& settled, Findings& findings) {
  const Position& position = horizon.position;
  if (horizon.to_given) return findings.not_checked(kPosition, "results after --to were not read");
  if (!position.exists) {
    return findings.not_checked(kPosition, "there is none; orderd takes it from the newest result when it starts",
                                settled.count > 0 ? 1 : 0);
  }
  findings.looked(Check::kPositionDiffers);
  const auto found = [&](std::string detail) {
    findings.add({Check::kPositionDiffers, settled.result == Id{} ? "" : settled.result.text(),
                  position.known() ? position.id.text() : "", "", "", std::move(detail)});
  };
  if (!position.problem.empty()) return found(position.problem);
  if (horizon.orders_replaced() && horizon.orders.length > 0) {
    found("it is beyond the last ID of the orders stream (" + horizon.orders.last.text() +
          "): the stream was recreated with smaller IDs or replaced by an older copy, and orderd has not joined since");
  }
  // Results that are gone, whether trimmed or undone by a script, may have answered any request.
  const uint64_t gone = horizon.results.added - std::min(settled.read, horizon.results.added);
  const bool began_in_sight = position.floor != Id{} && horizon.first_result() <= position.floor;
  if (settled.count == 0 && gone > 0 && !began_in_sight) {
    return findings.not_checked(kPosition, "no result of this orders stream was read");
  }
  if (settled.request != position.id) {
    found("the newest result answers request " + settled.request.text());
  } else if (position.result != Id{} && position.result != settled.result) {
    found("it names " + position.result.text() + " as the newest result");
  }
  const std::string results = std::to_string(settled.count) + " results";
  if (position.count > settled.count + gone) {
    found("its count is " + std::to_string(position.count) + ", but there are " + results);
  } else if (position.from_start && position.count < settled.count) {
    found("its count is " + std::to_string(position.count) + ", but there are already " + results);
  } else if (position.count != settled.count) {
    findings.not_checked("the exact count of settled requests",
                         "results are gone, or counting did not begin with the stream");
  }
}

}  // namespace orderd::audit
