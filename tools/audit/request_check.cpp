// Requests: in a correct ledger the cursor is always at the request of the next result. Requests that were passed over
// are kept for a while: their results may come late, which violates only the order.
//
// The position is compared with the last result and with the number of results after the floor.
#include <map>

#include "audit/checks.h"

namespace orderd::audit {
namespace {

// About 20 MB. This many may wait while the stream is absent, and be settled after later ones when it is back.
constexpr std::size_t kPassedOverMax = 100'000;
constexpr const char* kRequests = "requests and their contents";
constexpr const char* kNoResult = "requests without a result";

class RequestChecker : public Checker {
 public:
  explicit RequestChecker(const Task& task)
      : Checker(task),
        requests_(task.link, task.options.names.orders, {}, task.horizon.orders.last),
        decoder_(task.options.limits, task.options.lane),
        previous_result_(task.horizon.results.first) {}

  void take(Step& step) override {
    const ResultEntry& result = step.entry;
    if (result.request == Id{}) return;
    content_.reset();
    compare(result, step.good);
    if (content_) step.asked = &*content_;
  }

  void end() override {
    const bool replaced = horizon_.orders_replaced();
    if (!replaced && horizon_.to_given) findings_.not_checked(kNoResult, "their results may be after --to");
    if (!replaced && !horizon_.to_given) pass_over(after(std::max(horizon_.position.id, highest_)));
    for (const auto& [request, decoded] : passed_over_) report_missing(request, decoded.order);
    task_.counts.requests = requests_.popped();
    task_.counts.waiting = horizon_.orders.length - std::min(horizon_.orders.length, requests_.popped());
  }

 private:
  void compare(const ResultEntry& result, bool good) {
    const StreamFacts& orders = horizon_.orders;
    judge_order(result);
    if (horizon_.orders_replaced() || orders.added == 0) {
      return findings_.not_checked(kRequests, "the orders stream was deleted, recreated or replaced");
    }
    if (result.request > orders.last) return judge_absent(result);
    if (result.request <= highest_) return take_late(result, good);
    pass_over(result.request);
    highest_ = result.request;
    previous_result_ = result.id;
    const RawEntry* const request = requests_.peek();
    if (request == nullptr || request->id != result.request) return judge_absent(result);
    for (const Check check : {Check::kSecondResult, Check::kMissingResult, Check::kInventedRequest}) {
      findings_.looked(check);
    }
    if (good) {
      decoder_.decode(request->fields, decoded_);
      judge(decoded_, result);
    }
    requests_.pop();
  }

  void judge_order(const ResultEntry& result) {
    if (result.id > horizon_.position.floor && !after_floor_) {
      after_floor_ = true;
      previous_ = {};
    }
    findings_.looked(Check::kRequestOrder);
    if (result.request <= previous_) {
      findings_.add(Check::kRequestOrder, result.place(),
                    "the result before it answers request " + previous_.text() +
                        "; if the orders stream was recreated here, audit from this result on (--from)");
    }
    previous_ = result.request;
  }

  // The requests below `until` have no result so far.
  void pass_over(Id until) {
    // Those before the first result may have had one that was trimmed.
    const bool unknown = !started_ && horizon_.results_cut() && horizon_.position.floor == Id{};
    if (unknown) first_ = until;
    started_ = true;
    const auto keep = [&](const RawEntry& request) {
      if (unknown) {
        return findings_.not_checked(kNoResult, "their results may have been trimmed, or are before --from");
      }
      refresh(task_);
      if (horizon_.results.first > after(previous_result_)) {
        return findings_.not_checked(kNoResult, "results were trimmed while the audit read them");
      }
      decoder_.decode(request.fields, decoded_);
      passed_over_.emplace(request.id, decoded_);
      if (passed_over_.size() > kPassedOverMax) {
        const auto oldest = passed_over_.extract(passed_over_.begin());
        first_ = after(oldest.key());
        report_missing(oldest.key(), oldest.mapped().order);
      }
    };
    requests_.each(keep, until);
  }

  // A result for a request below one that already has its result.
  void take_late(const ResultEntry& result, bool good) {
    const auto passed = passed_over_.extract(result.request);
    if (!passed.empty()) {
      if (good) judge(passed.mapped(), result);
      return;
    }
    const auto entry = ask_entry(task_.link, task_.options.names.orders, result.request);
    if (task_.link.fails(entry.view())) return;
    if (entry->size() == 0) return judge_absent(result);
    findings_.looked(Check::kSecondResult);
    if (result.request < first_) {
      findings_.not_checked("requests with two results", "it is not known whether they had one before");
    } else {
      findings_.add(Check::kSecondResult, result.place(), "this request had a result before");
    }
  }

  // The orders stream does not have this request.
  void judge_absent(const ResultEntry& result) {
    // Up to the floor, results may answer requests of this stream or of a previous one.
    if (result.id <= horizon_.position.floor) {
      return findings_.not_checked(kRequests, "they were in an orders stream that was recreated since");
    }
    refresh(task_);
    const StreamFacts& orders = horizon_.orders;
    if (result.request < orders.first) {
      return findings_.not_checked(kRequests, "they were trimmed from the orders stream");
    }
    if (result.request <= orders.deleted) {
      return findings_.not_checked(kRequests, "they are not in the orders stream, where entries were deleted by hand");
    }
    findings_.looked(Check::kInventedRequest);
    findings_.add(Check::kInventedRequest, result.place(),
                  result.request > orders.last ? "the orders stream never had an ID this large"
                                               : "the orders stream has no such entry, and none was deleted");
  }

  void judge(const DecodedRequest& request, const ResultEntry& result) {
    const auto found = [&](Check check, const char* detail) { findings_.add(check, result.place(), detail); };
    findings_.looked(Check::kMalformedDiffers);
    findings_.looked(Check::kContentDiffers);
    if ((result.kind == ResultKind::kMalformed) != request.malformed) {
      return found(Check::kMalformedDiffers, request.malformed
                                                 ? "the request is malformed"
                                                 : "the result says malformed, but the request is well-formed");
    }
    // A duplicate, id_reused or bad_record comes from a record: each is correct for an order of any lane.
    const bool wrong_lane = result.kind == ResultKind::kWrongLane;
    if (wrong_lane || result.decided()) findings_.looked(Check::kLaneDiffers);
    if (wrong_lane ? !request.elsewhere : result.decided() && request.elsewhere) {
      findings_.add(Check::kLaneDiffers, result.place(),
                    std::string(wrong_lane ? "all SKUs of the order belong to this lane"
                                           : "an SKU of the order belongs to another lane") +
                        "; if streams.lanes was changed since, audit from after that on (--from)");
    }
    if (request.order != result.order) found(Check::kContentDiffers, "the order ID differs");
    if (request.customer != result.customer) found(Check::kContentDiffers, "the customer differs");
    if (result.decided() && request.content.lines != result.content().lines) {
      found(Check::kContentDiffers, "the lines differ");
    }
    if (!request.malformed) content_ = request.content;
  }

  void report_missing(Id request, const std::string& order) {
    findings_.looked(Check::kMissingResult);
    findings_.add(Check::kMissingResult, {{}, request, order}, "the position passed over this request");
  }

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
  std::optional<Content> content_;            // of the last result's request
};

class PositionChecker : public Checker {
 public:
  using Checker::Checker;

  void take(Step& step) override {
    const Position& position = horizon_.position;
    if (step.entry.request == Id{} || step.entry.id <= position.floor) return;
    request_ = step.entry.request;
    result_ = step.entry.id;
    ++settled_;
    if (request_ > position.start) ++counted_;
  }

  void end() override {
    const Position& position = horizon_.position;
    if (horizon_.to_given) return not_checked("results after --to were not read");
    if (!position.exists && settled_ == 0) return;
    if (!position.exists) return not_checked("there is none; orderd takes it from the newest result when it starts");
    findings_.looked(Check::kPositionDiffers);
    if (!position.known()) return found(position.problem);
    if (horizon_.orders_replaced() && horizon_.orders.length > 0) {
      found("it is beyond the last ID of the orders stream (" + horizon_.orders.last.text() +
            "): the stream was recreated with smaller IDs or replaced by an older copy, and orderd has not joined "
            "since");
    }
    // A removed result, whether trimmed or undone by a script, may have answered any request.
    const uint64_t gone = horizon_.results.added - std::min(task_.counts.results, horizon_.results.added);
    const bool floor_seen = position.floor != Id{} && horizon_.first_result() <= position.floor;
    if (settled_ == 0 && gone > 0 && !floor_seen) return not_checked("no result of this orders stream was read");
    if (request_ != position.id) {
      found("the newest result answers request " + request_.text());
    } else if (position.result != Id{} && position.result != result_) {
      found("it names " + position.result.text() + " as the newest result");
    }
    if (position.count > counted_ + gone || (position.from_start && position.count < counted_)) {
      found("its count is " + std::to_string(position.count) + ", but there are " + std::to_string(counted_) +
            " results");
    } else if (position.count != counted_) {
      findings_.not_checked("the exact count of settled requests",
                            "results are gone, or counting did not begin with the stream");
    }
  }

 private:
  void not_checked(const char* why) { findings_.not_checked("the position", why); }
  void found(const std::string& detail) {
    findings_.add(Check::kPositionDiffers, {result_, horizon_.position.id}, detail);
  }

  // Of the results after the floor that name a request:
  Id request_;            // the newest
  Id result_;             // its result
  uint64_t settled_ = 0;  // how many
  uint64_t counted_ = 0;  // of these, how many the position counts
};

}  // namespace

CheckerPtr check_requests(const Task& task) {
  return std::make_unique<RequestChecker>(task);
}

CheckerPtr check_position(const Task& task) {
  return std::make_unique<PositionChecker>(task);
}

}  // namespace orderd::audit
