// Requests, results and dead letters, each with those it belongs to.
#pragma once

#include <functional>
#include <vector>

#include "audit/findings.h"
#include "audit/horizon.h"
#include "audit/rows.h"

namespace orderd::audit {

class RequestJudge {
 public:
  // `content`: takes what a request says whose result is a duplicate or id_reused, for the judge of decisions.
  using ContentTaker = std::function<void(const DecisionRow&)>;
  RequestJudge(const Horizon& horizon, Findings& findings, ContentTaker content)
      : horizon_(horizon), findings_(findings), content_(std::move(content)) {}

  // Rows come sorted. end() follows the last one.
  void take(const RequestRow& row);
  void end();

 private:
  struct Group {
    bool any = false;
    bool has_request = false;
    RequestRow request;  // only its id where !has_request
    RequestRow result;   // the first one
    uint64_t results = 0;
    bool is_malformed = false;  // a result is: `malformed` then
    RequestRow malformed;
    uint64_t letters = 0;  // dead letters that belong to `malformed`
  };
  void judge(const Group& group);
  void judge_missing(const Group& group);
  void judge_place(const Group& group);
  void judge_content(const RequestRow& request, const RequestRow& result);
  void judge_letters(const Group& group);
  void take_letter(const RequestRow& letter);
  void found(Check check, Id request, Id result, std::string detail);

  const Horizon& horizon_;
  Findings& findings_;
  const ContentTaker content_;
  Group group_;
};

}  // namespace orderd::audit
