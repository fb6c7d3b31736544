// Replies arrive in the order of the calls, so a reply always answers the first one in sent_. After a lasting refusal,
// each request of the refused call gets its own call: the error names the key, and no request before it waits.
#include "lane/pipeline.h"

#include <algorithm>
#include <utility>

#include "lane/scripts.h"

namespace orderd::lane {
namespace {

// The memory limit of unsettled requests: 1024 usual ones are 0.3 MiB, but a malformed one may be 64 KiB.
constexpr std::size_t kHeldBytes = 8 * 1024 * 1024;
// After the server has refused a call because of a reply list, no call names one for this long.
constexpr uint64_t kNoRepliesMs = 60'000;

std::size_t bytes_of(const order::Request& request) {
  std::size_t bytes = 128 + 2 * request.id.size() + request.customer.size();
  for (const order::Line& line : request.lines) bytes += 128 + 2 * line.sku.size();
  return bytes;
}

std::size_t bytes_of(const order::Fields& fields) {
  std::size_t bytes = 128;
  for (const std::string_view field : fields) bytes += field.size() + 16;
  return bytes;
}

}  // namespace

Pipeline::Pipeline(Loop& loop, const Options& options, valkey::Link& link, const ServerClock& clock, Counters& counters,
                   Listener& listener)
    : loop_(loop), options_(options), link_(link), clock_(clock), counters_(counters), listener_(listener) {
}

void Pipeline::begin(std::string_view position) {
  ORDERD_CHECK(idle(), "a chain starts while another one is in flight");
  position_.assign(position);
  chain_ = position_;
  settled_ = 0;
  flowing_ = true;
}

std::size_t Pipeline::room() const {
  if (!flowing_ || held_ >= options_.max_in_flight || held_bytes_ >= kHeldBytes) return 0;
  return options_.max_in_flight - held_;
}

uint64_t Pipeline::oldest_ms() const {
  if (!sent_.empty()) return sent_.front()->times.front().ms;
  return waiting_.empty() ? left_ms_ : waiting_.front()->times.front().ms;
}

Pipeline::Call& Pipeline::open_call() {
  if (free_.empty()) {
    free_.push_back(std::make_unique<Call>(*this, options_));
    free_.back()->done = [](valkey::Call& call, const valkey::Reply& reply) {
      auto& settled = static_cast<Call&>(call);
      settled.owner.on_reply(settled, reply);
    };
  }
  waiting_.push_back(std::move(free_.back()));
  free_.pop_back();
  waiting_.back()->batch.reply(loop_.now_ms() >= replies_again_ms_);
  return *waiting_.back();
}

Batch& Pipeline::batch_for(std::size_t lines, std::size_t bytes) {
  const std::size_t requests_max = one_by_one_ > 0 ? 1 : options_.orders_per_call;
  if (waiting_.empty() || !waiting_.back()->batch.has_room(lines, bytes, requests_max)) {
    // A full call need not wait for flush().
    if (!waiting_.empty() && sent_.size() < kCallsInFlight) send_next();
    return open_call().batch;
  }
  return waiting_.back()->batch;
}

template <class Put>
void Pipeline::add(std::string_view id, std::size_t lines, std::size_t bytes, const Put& put) {
  if (!flowing_) return;
  Batch& batch = batch_for(lines, bytes);
  if (!flowing_) return;  // the link went down under a send
  const std::size_t before = batch.bytes();
  note_time(*waiting_.back(), id);
  put(batch);
  held_bytes_ += batch.bytes() - before;
  ++held_;
}

void Pipeline::add(std::string_view id, const order::Request& request) {
  add(id, request.lines.size(), bytes_of(request), [&](Batch& batch) { batch.add(id, request); });
}

void Pipeline::add_wrong_lane(std::string_view id, const order::Request& request, std::string_view detail) {
  add(id, 0, bytes_of(request) + detail.size(), [&](Batch& batch) { batch.add_wrong_lane(id, request, detail); });
}

void Pipeline::add_malformed(std::string_view id, const order::Request& known, std::string_view detail,
                             const order::Fields& fields) {
  add(id, 0, bytes_of(fields), [&](Batch& batch) { batch.add_malformed(id, known, detail, fields); });
}

void Pipeline::flush() {
  while (flowing_ && !waiting_.empty() && sent_.size() < kCallsInFlight) {
    // The last one may still grow while another one is in flight.
    const bool full = waiting_.size() > 1 || waiting_.front()->batch.size() >= options_.orders_per_call;
    if (!full && !sent_.empty()) return;
    send_next();
  }
}

void Pipeline::send_next() {
  Call& call = *waiting_.front();
  const valkey::Command& command = call.batch.write(link_.script_id(kSettle), chain_);
  call.sent_us = Loop::precise_us();
  if (!link_.send(valkey::Channel::kSettling, call, command)) {
    flowing_ = false;  // the link is going down: reset() follows
    return;
  }
  chain_ = call.batch.last();
  sent_.push_back(std::move(waiting_.front()));
  waiting_.pop_front();
}

void Pipeline::on_reply(Call& call, const valkey::Reply& reply) {
  ORDERD_CHECK(!sent_.empty() && sent_.front().get() == &call, "a reply out of the order of the calls");
  std::unique_ptr<Call> answered = std::move(sent_.front());
  sent_.pop_front();
  Break why{.error = {reply.error(), std::string(reply.is_error() ? reply.text() : "")},
            .moved = reply.text() == "moved",
            .requests = call.batch.size()};
  held_ -= call.batch.size();
  held_bytes_ -= call.batch.bytes();
  if (reply.is_error()) counters_.errors.add(reply.text());
  // Also after stop(): what was in flight may have been settled.
  const bool good = reply.error() == valkey::ErrorKind::kNone && settle(call, reply.text());
  if (!good && why.error.kind == valkey::ErrorKind::kNone && !why.moved) {
    why.error = {valkey::ErrorKind::kFault, "the script returned an answer that this version does not know"};
  }
  if (refused_for_replies(call, why.error)) {
    replies_again_ms_ = loop_.now_ms() + kNoRepliesMs;
    report_reply_refused(why.error.what);
    why.error = {};
  }
  if (!good) leave(call);
  release(std::move(answered));
  if (reply.lost()) {
    flowing_ = false;  // reset() follows
    return;
  }
  if (!good || !flowing_) return stop(why);
  flush();
  listener_.on_settled();
}

// The server refuses the whole call if the user may not write one of its keys, so the script cannot skip that list.
// An error of the script itself names a key.
bool Pipeline::refused_for_replies(const Call& call, const valkey::Error& error) {
  return call.batch.replies() && error.kind == valkey::ErrorKind::kRefused && !error.what.starts_with("NOPERM key ");
}

void Pipeline::report_reply_refused(std::string_view why) {
  ++counters_.replies_refused;
  listener_.on_reply_refused(why);
}

// False: these are not the outcomes of this call.
bool Pipeline::settle(const Call& call, std::string_view answer) {
  const std::size_t end = std::min(answer.find(' '), answer.size());
  const std::string_view letters = answer.substr(0, end);
  if (letters.size() != call.batch.size()) return false;
  for (const char letter : letters) {
    if (kOutcomeLetters.find(letter) == std::string_view::npos) return false;
  }
  for (const char letter : letters) ++counters_.outcomes[kOutcomeLetters.find(letter)];
  observe(call);
  if (flowing_) left_ms_ = 0;
  settled_ += letters.size();
  one_by_one_ -= std::min(one_by_one_, letters.size());
  position_ = call.batch.last();
  link_.proven();
  if (end < answer.size()) report_reply_refused(answer.substr(end + 1));
  return true;
}

// Before the request is added.
void Pipeline::note_time(Call& call, std::string_view id) {
  if (!call.batch.empty() && same_time(id, call.batch.last())) {
    ++call.times.back().requests;
  } else {
    call.times.push_back({time_of(id), 1});
  }
}

void Pipeline::observe(const Call& call) {
  counters_.requests_per_call.observe(call.batch.size());
  counters_.settle_us.observe(Loop::precise_us() - call.sent_us);
  for (const Call::Times& time : call.times) {
    if (const auto age = clock_.age_ms(time.ms)) counters_.end_to_end_ms.observe(*age, time.requests);
  }
}

// These requests are not settled, and wait in the stream.
void Pipeline::leave(const Call& call) {
  if (call.times.empty()) return;  // opened when the link went down
  const uint64_t time = call.times.front().ms;
  left_ms_ = left_ms_ == 0 ? time : std::min(left_ms_, time);
}

void Pipeline::stop(const Break& why) {
  if (!broken_) broken_ = why;
  if (flowing_) {
    flowing_ = false;
    const bool stays = why.error.kind == valkey::ErrorKind::kFault || why.error.kind == valkey::ErrorKind::kRefused;
    if (stays) one_by_one_ = std::max(one_by_one_, why.requests);
    drop_waiting();
  }
  if (!sent_.empty()) return;
  const Break first = *std::exchange(broken_, std::nullopt);
  listener_.on_broken(first);
}

void Pipeline::drop_waiting() {
  while (!waiting_.empty()) {
    leave(*waiting_.back());
    held_ -= waiting_.back()->batch.size();
    held_bytes_ -= waiting_.back()->batch.bytes();
    release(std::move(waiting_.back()));
    waiting_.pop_back();
  }
}

void Pipeline::release(std::unique_ptr<Call> call) {
  call->batch.clear();
  call->times.clear();
  free_.push_back(std::move(call));
}

void Pipeline::reset() {
  ORDERD_CHECK(sent_.empty(), "calls outlived their link");
  flowing_ = false;
  broken_.reset();
  drop_waiting();
}

}  // namespace orderd::lane
