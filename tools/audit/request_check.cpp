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
constexpr const char* kPosition = "the position";

class RequestChecker : public Checker {
 public:
  explicit RequestChecker(const Task& task)
      : Checker(task),
        requests_(task.link, task.options.orders, {}, task.horizon.orders.last),
        decoder_(task.options.limits, task.options.lane) {}

  void take(ResultEntry& result) override {
    if (result.request == Id{}) return;
    judge_order(result);
    find_request(result);
  }

  void end() override {
    if (!horizon_.orders_replaced()) pass_over(end_of_range());
    for (const auto& [request, decoded] : passed_over_) report_missing(request, decoded.order);
    counts_.requests = requests_.popped();
    const uint64_t rest = horizon_.orders.length - std::min(horizon_.orders.length, requests_.popped());
    if (horizon_.ends_early()) {
      findings_.not_checked("requests after --to", "their results are after --to, or they wait", rest);
      findings_.not_checked(kPosition, "results after --to were not read");
    } else {
      counts_.waiting = rest;
      judge_position();
    }
  }

 private:
  void judge_order(const ResultEntry& result) {
    const Position& position = horizon_.position;
    if (result.id > position.floor) {
      if (settled_++ == 0) previous_ = {};
      if (result.request > position.start) ++counted_;
      newest_ = result.id;
    }
    findings_.looked("request_order");
    if (result.request <= previous_) {
      findings_.add("request_order", result.place(),
                    "the result before it answers request " + previous_.text() +
                        "; if the orders stream was recreated here, audit from this result on (--from)");
    }
    previous_ = result.request;
  }

  void find_request(ResultEntry& result) {
    if (horizon_.orders_replaced() || horizon_.orders.added == 0) {
      return findings_.not_checked(kRequests, "the orders stream was deleted, recreated or replaced");
    }
    if (result.request > horizon_.orders.last) return judge_absent(result);
    if (result.request <= highest_) return take_late(result);
    pass_over(result.request);
    highest_ = result.request;
    const RawEntry* const request = requests_.peek();
    if (request == nullptr || request->id != result.request) return judge_absent(result);
    findings_.looked("missing_result");
    findings_.looked("second_result");
    findings_.looked("invented_request");
    if (result.good()) {
      decoder_.decode(request->fields, decoded_);
      judge(decoded_, result);
      result.raw = &request->fields;
    }
    requests_.pop();
  }

  // Requests below this one must have had their result up to `to`: those up to the position, or, if results after `to`
  // are not read, those below the request of the first one.
  Id end_of_range() {
    if (horizon_.ends_early()) {
      ResultCursor later(task_.link, task_.options.results, after(horizon_.to), horizon_.results.last);
      while (const ResultEntry* const result = later.next()) {
        // Up to the floor, it may answer a request of a previous orders stream.
        if (result->request != Id{}) return result->id > horizon_.position.floor ? result->request : Id{};
      }
    }
    return after(std::max(horizon_.position.id, highest_));
  }

  // The requests below `until` have no result so far.
  void pass_over(Id until) {
    // Those before the first result may have had one that was trimmed; not so if results up to the floor are there.
    const bool unknown = !started_ && horizon_.results_cut() && horizon_.position.floor < horizon_.first_result();
    if (unknown) first_ = until;
    started_ = true;
    for (const RawEntry* next = requests_.peek(); next != nullptr && next->id < until; next = requests_.peek()) {
      if (unknown) {
        findings_.not_checked(kNoResult, "their results may have been trimmed, or are before --from");
      } else {
        keep(*next);
      }
      requests_.pop();
    }
  }

  void keep(const RawEntry& request) {
    decoder_.decode(request.fields, decoded_);
    passed_over_.emplace(request.id, decoded_);
    if (passed_over_.size() > kPassedOverMax) {
      const auto oldest = passed_over_.extract(passed_over_.begin());
      first_ = after(oldest.key());
      report_missing(oldest.key(), oldest.mapped().order);
    }
  }

  // A result for a request below one that already has its result.
  void take_late(ResultEntry& result) {
    const auto passed = passed_over_.extract(result.request);
    if (!passed.empty()) {
      if (result.good()) judge(passed.mapped(), result);
      return;
    }
    if (Cursor(task_.link, task_.options.orders, result.request, result.request).peek() == nullptr) {
      return judge_absent(result);
    }
    findings_.looked("second_result");
    if (result.request < first_) {
      findings_.not_checked("requests with two results", "it is not known whether they had one before");
    } else {
      findings_.add("second_result", result.place(), "this request had a result before");
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
    findings_.looked("invented_request");
    findings_.add("invented_request", result.place(),
                  result.request > orders.last ? "the orders stream never had an ID this large"
                                               : "the orders stream has no such entry, and none was deleted");
  }

  void judge(const DecodedRequest& request, ResultEntry& result) {
    const auto found = [&](Check check, std::string_view detail) { findings_.add(check, result.place(), detail); };
    findings_.looked("malformed_differs");
    findings_.looked("content_differs");
    if ((result.kind == ResultKind::kMalformed) != request.malformed) {
      return found("malformed_differs", request.malformed
                                            ? "the request is malformed"
                                            : "the result says malformed, but the request is well-formed");
    }
    // A duplicate, id_reused or bad_record comes from a record: each is correct for an order of any lane.
    const bool wrong_lane = result.kind == ResultKind::kWrongLane;
    if (wrong_lane || result.decided()) findings_.looked("lane_differs");
    if (wrong_lane ? !request.elsewhere : result.decided() && request.elsewhere) {
      found("lane_differs", std::string(wrong_lane ? "all SKUs of the order belong to this lane"
                                                   : "an SKU of the order belongs to another lane") +
                                "; if streams.lanes was changed since, audit from after that on (--from)");
    }
    if (request.order != result.order) found("content_differs", "the order ID differs");
    if (request.customer != result.customer) found("content_differs", "the customer differs");
    if (result.decided() && request.content.lines != result.content().lines) {
      found("content_differs", "the lines differ");
    }
    if (!request.malformed) result.asked = request.content;
  }

  void report_missing(Id request, const std::string& order) {
    findings_.looked("missing_result");
    findings_.add("missing_result", {{}, request, order}, "the position passed over this request");
  }

  void judge_position() {
    const Position& position = horizon_.position;
    if (!position.exists && settled_ == 0) return;
    if (!position.exists) {
      return findings_.not_checked(kPosition, "there is none; orderd takes it from the newest result when it starts");
    }
    const auto found = [&](const std::string& detail) {
      findings_.add("position_differs", {newest_, position.id}, detail);
    };
    findings_.looked("position_differs");
    if (!position.known()) return found(position.problem);
    if (horizon_.orders_replaced() && horizon_.orders.length > 0) {
      found("it is beyond the last ID of the orders stream (" + horizon_.orders.last.text() +
            "): the stream was recreated with smaller IDs or replaced by an older copy, and orderd has not joined "
            "since");
    }
    // A removed result, whether trimmed or undone by a script, may have answered any request.
    const uint64_t gone = horizon_.results.added - std::min(counts_.results, horizon_.results.added);
    const bool floor_seen = position.floor != Id{} && horizon_.first_result() <= position.floor;
    if (settled_ == 0 && gone > 0 && !floor_seen) {
      return findings_.not_checked(kPosition, "no result of this orders stream was read");
    }
    const Id request = settled_ > 0 ? previous_ : Id{};
    if (request != position.id) {
      found("the newest result answers request " + request.text());
    } else if (position.result != Id{} && position.result != newest_) {
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

  Cursor requests_;
  RequestDecoder decoder_;
  DecodedRequest decoded_;
  bool started_ = false;                      // true once the walk over the requests has started
  Id previous_;                               // request of the previous result
  Id first_;                                  // requests below this one may have results that were not read
  Id highest_;                                // highest request of a result so far
  std::map<Id, DecodedRequest> passed_over_;  // below highest_, no result so far
  // Of the results after the floor that name a request:
  Id newest_;
  uint64_t settled_ = 0;  // how many
  uint64_t counted_ = 0;  // of these, how many the position counts
};

}  // namespace

CheckerPtr check_requests(const Task& task) {
  return std::make_unique<RequestChecker>(task);
}

}  // namespace orderd::audit
