// Results and requests have the same order: one walk over both finds each result's request, and each request without a
// result.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "audit/cursor.h"
#include "audit/findings.h"
#include "audit/horizon.h"
#include "audit/options.h"
#include "audit/request_decoder.h"
#include "audit/result_entry.h"

namespace orderd::audit {

class RequestJudge {
 public:
  // Refreshes `horizon` if a finding depends on what was trimmed meanwhile. All arguments must outlive this.
  RequestJudge(Link& link, const Options& options, Horizon& horizon, Findings& findings);

  // The next result that names a request. `good`: it is well-formed, so that all of it can be compared.
  [[nodiscard]] Result<bool> take(const ResultEntry& result, Id id, bool good);
  // After the last result: the requests up to the position.
  [[nodiscard]] Result<bool> end();

  // The content of the last result's request; null if the request is gone or differs.
  [[nodiscard]] const Content* content() const { return content_ ? &*content_ : nullptr; }
  // How many settled requests were read.
  [[nodiscard]] uint64_t requests() const { return requests_.popped(); }

 private:
  void judge_order(const ResultEntry& result, Id id);
  [[nodiscard]] Result<bool> begin(Id first);
  [[nodiscard]] Result<bool> pass_over(Id until);
  [[nodiscard]] Result<bool> take_late(const ResultEntry& result, Id id, bool good);
  [[nodiscard]] Result<bool> judge_absent(const ResultEntry& result, Id id);
  void judge(const DecodedRequest& request, const ResultEntry& result, Id id);
  void judge_lane(const DecodedRequest& request, bool refused, bool decided, const Place& place);
  void report_missing(Id request, const std::string& order);

  Link& link_;
  const Options& options_;
  Horizon& horizon_;
  Findings& findings_;
  Cursor requests_;
  RequestDecoder decoder_;
  DecodedRequest decoded_;

  bool after_floor_ = false;  // true once a result after the floor was taken
  bool started_ = false;      // true once the walk over the requests has started
  Id previous_;               // request of the previous result
  Id previous_result_;
  Id first_;                                  // requests below this one may have results that were not read
  Id highest_;                                // highest request of a result so far
  std::map<Id, DecodedRequest> passed_over_;  // below highest_, no result so far
  std::optional<Content> content_;
};

}  // namespace orderd::audit
