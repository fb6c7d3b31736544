// One group of rows after another: constant memory.
#include "audit/request_judge.h"

#include "audit/content.h"

namespace orderd::audit {
namespace {

bool is_decided(RowKind kind) {
  return kind == RowKind::kAccepted || kind == RowKind::kRefused;
}

}  // namespace

void RequestJudge::found(Check check, Id request, Id result, std::string detail) {
  findings_.add({check, result == Id{} ? "" : result.text(), request.text(), "", "", std::move(detail)});
}

void RequestJudge::take(const RequestRow& row) {
  if (!group_.any || group_.request.request != row.request) {
    end();
    group_.any = true;
    group_.request.request = row.request;
  }
  if (row.is_request()) {
    group_.has_request = true;
    group_.request = row;
  } else if (row.kind == RowKind::kDeadLetter) {
    take_letter(row);
  } else {
    if (group_.results++ == 0) {
      group_.result = row;
    } else {
      found(Check::kSecondResult, row.request, row.result, "the first one is " + group_.result.result.text());
    }
    if (row.kind == RowKind::kMalformed && !group_.is_malformed) {
      group_.is_malformed = true;
      group_.malformed = row;
    }
    if (group_.has_request) judge_content(group_.request, row);
  }
}

void RequestJudge::end() {
  if (group_.any) judge(group_);
  group_ = Group();
}

void RequestJudge::take_letter(const RequestRow& letter) {
  findings_.looked(Check::kDeadLetterForged);
  if (letter.result < horizon_.first_result()) {
    return findings_.not_checked("dead letters", "their results were trimmed or lie before --from");
  }
  if (letter.result > horizon_.newest_result) {
    if (horizon_.ranged) return findings_.not_checked("dead letters", "their results lie behind --to");
    return found(Check::kDeadLetterForged, letter.request, letter.result, "there is no such result");
  }
  if (!group_.is_malformed || group_.malformed.result != letter.result) {
    return found(Check::kDeadLetterForged, letter.request, letter.result,
                 "this is no malformed result of that request");
  }
  if (++group_.letters > 1) {
    return found(Check::kDeadLetterForged, letter.request, letter.result, "there are two dead letters of this result");
  }
  if (letter.lines != group_.malformed.lines) {
    found(Check::kDeadLetterForged, letter.request, letter.result, "its detail is not that of the result");
  }
}

void RequestJudge::judge(const Group& group) {
  if (group.results == 0) {
    if (group.has_request) judge_missing(group);
    return;
  }
  findings_.looked(Check::kSecondResult);
  judge_place(group);
  if (group.is_malformed) judge_letters(group);
}

void RequestJudge::judge_missing(const Group& group) {
  const Id id = group.request.request;
  if (!horizon_.delivered) {
    return findings_.not_checked("requests without a result",
                                 "the group is missing, so whether they were read is not known");
  }
  if (id > *horizon_.delivered || horizon_.is_pending(id)) return;
  if (horizon_.ranged) {
    return findings_.not_checked("requests without a result", "their results may lie outside --from and --to");
  }
  if (horizon_.results_cut() && id.ms <= horizon_.first_result().ms) {
    return findings_.not_checked("requests without a result", "their results may have been trimmed");
  }
  findings_.looked(Check::kMissingResult);
  found(Check::kMissingResult, id, {}, "it was delivered and is not pending");
}

void RequestJudge::judge_place(const Group& group) {
  const Id request = group.request.request;
  const Id result = group.result.result;
  if (group.result.kind == RowKind::kLost) findings_.looked(Check::kLostDiffers);
  if (!group.has_request && horizon_.orders.added == 0) {
    return findings_.not_checked("requests and their contents", "the orders stream was deleted, or begun anew");
  }
  findings_.looked(Check::kInventedRequest);
  if (group.has_request) {
    findings_.looked(Check::kMissingResult);
  } else if (request > horizon_.orders.last) {
    return found(Check::kInventedRequest, request, result, "the orders stream has never had so great an id");
  } else if (horizon_.delivered && request > *horizon_.delivered) {
    // Entries behind it were not read.
    findings_.looked(Check::kEarlyResult);
    return found(Check::kEarlyResult, request, result,
                 "the group was delivered requests up to " + horizon_.delivered->text());
  } else if (group.result.kind != RowKind::kLost) {
    if (request < horizon_.orders.first || horizon_.orders.length == 0) {
      return findings_.not_checked("requests and their contents", "they were trimmed from the orders stream");
    }
    if (request > horizon_.orders.deleted) {
      return found(Check::kInventedRequest, request, result,
                   "the orders stream has no such entry, and none was deleted");
    }
    findings_.not_checked("requests and their contents",
                          "they are not in the orders stream, where entries were deleted by hand");
  }
  if (!horizon_.delivered) {
    return findings_.not_checked("whether results came after delivery", "the group is missing");
  }
  findings_.looked(Check::kEarlyResult);
  findings_.looked(Check::kPendingResult);
  if (horizon_.is_pending(request)) found(Check::kPendingResult, request, result, "it is pending");
}

void RequestJudge::judge_content(const RequestRow& request, const RequestRow& result) {
  if (result.kind == RowKind::kBadForm) return;
  if (result.kind == RowKind::kLost) {
    return found(Check::kLostDiffers, request.request, result.result, "the request is in the orders stream");
  }
  if (request.kind == RowKind::kRequestUnsure) {
    return findings_.not_checked("contents of requests", "whether they are malformed the contract does not say");
  }
  findings_.looked(Check::kMalformedDiffers);
  findings_.looked(Check::kContentDiffers);
  const bool malformed = result.kind == RowKind::kMalformed;
  if (malformed != (request.kind == RowKind::kRequestMalformed)) {
    return found(Check::kMalformedDiffers, request.request, result.result,
                 malformed ? "the result says malformed, the request is good" : "the request is malformed");
  }
  if (request.order != result.order) {
    found(Check::kContentDiffers, request.request, result.result, "the order's id is another one");
  }
  if (request.customer != result.customer) {
    found(Check::kContentDiffers, request.request, result.result, "the customer is another one");
  }
  if (is_decided(result.kind) && request.lines != result.lines) {
    found(Check::kContentDiffers, request.request, result.result, "the lines are others");
  }
  if (result.kind == RowKind::kIdReused || result.kind == RowKind::kDuplicate) {
    const Content content{request.customer, request.lines};
    content_({result.order, result.result, {}, content.digest(), DecisionKind::kContent, 0});
  }
}

void RequestJudge::judge_letters(const Group& group) {
  const Id result = group.malformed.result;
  findings_.looked(Check::kDeadLetterMissing);
  if (group.letters > 0) return;
  // A dead letter has its result's time. Who trims takes the oldest; one missing from the middle was taken otherwise.
  const StreamFacts& dead = horizon_.dead;
  if (dead.exists && !dead.whole() && (dead.length == 0 ? result.ms <= dead.last.ms : result.ms <= dead.first.ms)) {
    return findings_.not_checked("dead letters of malformed results", "the oldest dead letters were trimmed");
  }
  found(Check::kDeadLetterMissing, group.malformed.request, result, "no dead letter names this result");
}

}  // namespace orderd::audit
