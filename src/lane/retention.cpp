// A step removes at most about kTrimEntries, so that the server is not held up; while a step says that more is due, the
// next one follows its reply. So it keeps pace with any rate of requests, and orders in the same pipe wait for one step
// at most.
#include "lane/retention.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "lane/scripts.h"

namespace orderd::lane {
namespace {

constexpr Milliseconds kTrimEvery{30'000};
constexpr Milliseconds kTrimSoonest{250};
constexpr Milliseconds kTrimAgain{1};
constexpr int kTrimEntries = 5000;  // about 1 ms of the server's time

uint64_t number(std::string_view text) {
  uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

Retention::Stream::Stream(Retention& retention, const char* its_kind, const std::string& its_key,
                          const Milliseconds& its_retention)
    : kind(its_kind),
      key(its_key),
      keep(its_retention),
      ask([this, &retention](const valkey::Reply& reply) { retention.on_trimmed(*this, reply); }),
      timer(retention.loop_, [this, &retention] { retention.trim(*this); }) {
}

Retention::Retention(Loop& loop, const Options& options, valkey::Link& link, Counters& counters, Told told)
    : loop_(loop),
      options_(options),
      link_(link),
      counters_(counters),
      told_(std::move(told)),
      orders_(*this, "orders", options.orders, options.retention_orders),
      results_(*this, "results", options.results, options.retention_results) {
}

void Retention::start() {
  running_ = true;
  for (Stream* stream : {&orders_, &results_}) {
    if (!stream->timer.active()) stream->timer.start(std::min(period(*stream), kTrimSoonest));
  }
}

void Retention::stop() {
  running_ = false;
  orders_.timer.stop();
  results_.timer.stop();
}

Milliseconds Retention::period(const Stream& stream) {
  if (stream.keep.count() == 0) return kTrimSoonest;  // it may be set at any time
  return std::clamp(stream.keep / 4, kTrimSoonest, kTrimEvery);
}

void Retention::trim(Stream& stream) {
  if (!running_) return;
  stream.timer.start(period(stream));
  if (stream.keep.count() == 0 || stream.ask.busy() || !link_.up()) return;
  stream.ask.send(link_, valkey::Command::of("EVALSHA", link_.script_id(kTrim), 2, stream.key, options_.position_key(),
                                             stream.kind, stream.keep.count(), kTrimEntries, options_.group));
}

void Retention::on_trimmed(Stream& stream, const valkey::Reply& reply) {
  if (reply.lost()) return;
  told_(stream.kind, {reply.error(), std::string(reply.is_error() ? reply.text() : "")});
  if (reply.is_error()) return;
  counters_.trimmed += number(reply.at(0).text());
  if (running_ && reply.at(1).text() == "1") stream.timer.start(kTrimAgain);
}

}  // namespace orderd::lane
