// In a correct ledger the cursor is always at the request of the next result. Requests that were passed over are kept
// for a while: their results may come late, which violates only the order.
#include "audit/request_judge.h"

namespace orderd::audit {
namespace {

// About 20 MB. This many may wait while the stream is absent, and be settled after later ones when it is back.
constexpr std::size_t kPassedOverMax = 100'000;
constexpr const char* kRequests = "requests and their contents";
constexpr const char* kNoResult = "requests without a result";

}  // namespace

RequestJudge::RequestJudge(Link& link, const Options& options, Horizon& horizon, Findings& findings)
    : link_(link),
      options_(options),
      horizon_(horizon),
      findings_(findings),
      requests_(link, options.names.orders, {}, horizon.orders.last),
      decoder_(options.limits, options.lane),
      previous_result_(horizon.results.first) {
}

Result<bool> RequestJudge::take(const ResultEntry& result, Id id, bool good) {
  content_.reset();
  judge_order(result, id);
  if (horizon_.orders_replaced() || horizon_.orders.added == 0) {
    findings_.not_checked(kRequests, "the orders stream was deleted, recreated or replaced");
    return true;
  }
  if (result.request > horizon_.orders.last) return judge_absent(result, id);
  auto walked = started_ ? Result<bool>(true) : begin(result.request);
  if (walked && result.request <= highest_) return take_late(result, id, good);
  if (walked) walked = pass_over(result.request);
  if (!walked) return walked;
  highest_ = result.request;
  previous_result_ = id;
  const auto request = requests_.peek();
  if (!request) return request.failure();
  if (*request == nullptr || (*request)->id != result.request) return judge_absent(result, id);
  for (const Check check : {Check::kSecondResult, Check::kMissingResult, Check::kInventedRequest}) {
    findings_.looked(check);
  }
  if (good) {
    decoder_.decode((*request)->fields, decoded_);
    judge(decoded_, result, id);
  }
  requests_.pop();
  return true;
}

void RequestJudge::judge_order(const ResultEntry& result, Id id) {
  if (id > horizon_.position.floor && !after_floor_) {
    after_floor_ = true;
    previous_ = {};
  }
  findings_.looked(Check::kRequestOrder);
  if (result.request <= previous_) {
    findings_.add(Check::kRequestOrder, {id, result.request, result.order},
                  "the result before it answers request " + previous_.text() +
                      "; if the orders stream was recreated here, audit from this result on (--from)");
  }
  previous_ = result.request;
}

// If results before that of `first` may have been trimmed, earlier requests are not judged.
Result<bool> RequestJudge::begin(Id first) {
  started_ = true;
  if (!horizon_.results_cut() || horizon_.position.floor != Id{}) return true;
  first_ = first;
  const auto skip = [this](const RawEntry&) -> Result<bool> {
    findings_.not_checked(kNoResult, "their results may have been trimmed, or are before --from");
    return true;
  };
  return requests_.each(skip, first);
}

// The requests below `until` have no result so far.
Result<bool> RequestJudge::pass_over(Id until) {
  const auto keep = [this](const RawEntry& request) -> Result<bool> {
    auto fresh = refresh(link_, options_.names, horizon_);
    if (!fresh) return fresh;
    if (horizon_.results.first > after(previous_result_)) {
      findings_.not_checked(kNoResult, "results were trimmed while the audit read them");
      return true;
    }
    decoder_.decode(request.fields, decoded_);
    passed_over_.emplace(request.id, decoded_);
    if (passed_over_.size() > kPassedOverMax) {
      first_ = after(passed_over_.begin()->first);
      report_missing(passed_over_.begin()->first, passed_over_.begin()->second.order);
      passed_over_.erase(passed_over_.begin());
    }
    return true;
  };
  return requests_.each(keep, until);
}

// A result for a request below one that already has its result.
Result<bool> RequestJudge::take_late(const ResultEntry& result, Id id, bool good) {
  auto passed = passed_over_.extract(result.request);
  if (!passed.empty()) {
    if (good) judge(passed.mapped(), result, id);
    return true;
  }
  const std::string request = result.request.text();
  const auto entry = link_.ask(valkey::Command::of("XRANGE", options_.names.orders, request, request));
  if (!entry) return entry.failure();
  if ((*entry)->size() == 0) return judge_absent(result, id);
  findings_.looked(Check::kSecondResult);
  if (result.request < first_) {
    findings_.not_checked("requests with two results", "it is not known whether they had one before");
  } else {
    findings_.add(Check::kSecondResult, {id, result.request, result.order}, "this request had a result before");
  }
  return true;
}

// The orders stream does not have this request.
Result<bool> RequestJudge::judge_absent(const ResultEntry& result, Id id) {
  // Up to the floor, results may answer requests of this stream or of a previous one.
  if (id <= horizon_.position.floor) {
    findings_.not_checked(kRequests, "they were in an orders stream that was recreated since");
    return true;
  }
  auto fresh = refresh(link_, options_.names, horizon_);
  if (!fresh) return fresh;
  if (result.request < horizon_.orders.first) {
    findings_.not_checked(kRequests, "they were trimmed from the orders stream");
  } else if (result.request <= horizon_.orders.deleted) {
    findings_.not_checked(kRequests, "they are not in the orders stream, where entries were deleted by hand");
  } else {
    findings_.looked(Check::kInventedRequest);
    findings_.add(Check::kInventedRequest, {id, result.request, result.order},
                  result.request > horizon_.orders.last ? "the orders stream never had an ID this large"
                                                        : "the orders stream has no such entry, and none was deleted");
  }
  return true;
}

void RequestJudge::judge(const DecodedRequest& request, const ResultEntry& result, Id id) {
  findings_.looked(Check::kMalformedDiffers);
  findings_.looked(Check::kContentDiffers);
  const Place place{id, result.request, result.order};
  if ((result.kind == ResultKind::kMalformed) != request.malformed) {
    return findings_.add(
        Check::kMalformedDiffers, place,
        request.malformed ? "the request is malformed" : "the result says malformed, but the request is well-formed");
  }
  const bool decided = result.kind == ResultKind::kAccepted || result.kind == ResultKind::kRefused;
  judge_lane(request, result.kind == ResultKind::kWrongLane, decided, place);
  if (request.order != result.order) findings_.add(Check::kContentDiffers, place, "the order ID differs");
  if (request.customer != result.customer) findings_.add(Check::kContentDiffers, place, "the customer differs");
  if (decided && request.content.lines != result.content().lines)
    findings_.add(Check::kContentDiffers, place, "the lines differ");
  if (!request.malformed) content_ = request.content;
}

// A duplicate, id_reused or bad_record comes from a record: each is correct for an order of any lane.
void RequestJudge::judge_lane(const DecodedRequest& request, bool refused, bool decided, const Place& place) {
  constexpr const char* kChanged = "; if streams.lanes was changed since, audit from after that on (--from)";
  if (!refused && !decided) return;
  findings_.looked(Check::kLaneDiffers);
  if (refused && !request.elsewhere) {
    findings_.add(Check::kLaneDiffers, place, std::string("all SKUs of the order belong to this lane") + kChanged);
  } else if (decided && request.elsewhere) {
    findings_.add(Check::kLaneDiffers, place, std::string("an SKU of the order belongs to another lane") + kChanged);
  }
}

void RequestJudge::report_missing(Id request, const std::string& order) {
  findings_.looked(Check::kMissingResult);
  findings_.add(Check::kMissingResult, {{}, request, order}, "the position passed over this request");
}

Result<bool> RequestJudge::end() {
  if (horizon_.orders_replaced()) return true;
  const Id unsettled = after(std::max(horizon_.position.id, highest_));
  auto good = started_ ? Result<bool>(true) : begin(unsettled);
  if (good && horizon_.to_given) {
    findings_.not_checked(kNoResult, "their results may be after --to");
  } else if (good) {
    good = pass_over(unsettled);
  }
  for (const auto& [request, decoded] : passed_over_) report_missing(request, decoded.order);
  passed_over_.clear();
  return good;
}

}  // namespace orderd::audit
