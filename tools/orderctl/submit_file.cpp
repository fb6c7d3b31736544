// Many orders: pushed through a pipeline of bounded length, counting the results that arrive meanwhile. After a lost
// connection what has no reply is resent.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <deque>
#include <nlohmann/json.hpp>
#include <optional>

#include "order/request.h"
#include "orderctl/submit.h"
#include "orderctl/submit_outlet.h"
#include "orderctl/tally.h"
#include "shared/line_reader.h"
#include "shared/output.h"
#include "shared/stop_signal.h"

namespace orderd::tools {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::string_view kField = "order";
static_assert(kMaxLineBytes + kField.size() == order::kMaxEntryBytes);
// Requests sent and not answered yet, and their bytes.
constexpr std::size_t kWindow = 1000;
constexpr std::size_t kWindowBytes = 4 * 1024 * 1024;
// With more requests without a result than this, pushing waits: each takes memory.
constexpr std::size_t kMaxOpen = 1'000'000;
constexpr uint64_t kMaxComplaints = 20;
// Of several lanes, one read of results waits no longer than this.
constexpr milliseconds kLaneWait{50};

milliseconds since(Clock::time_point start) {
  return std::chrono::duration_cast<milliseconds>(Clock::now() - start);
}

class FileCloser {
 public:
  explicit FileCloser(int file) : file_(file) {}
  ~FileCloser() {
    if (file_ > STDIN_FILENO) (void)close(file_);
  }
  FileCloser(const FileCloser&) = delete;
  FileCloser& operator=(const FileCloser&) = delete;

 private:
  const int file_;
};

class Push {
 public:
  Push(const Context& context, const SubmitOptions& options, int file, std::vector<Outlet> outlets)
      : context_(context),
        options_(options),
        outlets_(std::move(outlets)),
        reader_(file, kMaxLineBytes),
        progress_(!options.quiet),
        reconnection_(options.timeout, progress_) {}

  Result<int> run() {
    const Result<bool> pushed = push_all();
    tally_.pushing = since(start_);
    Result<bool> waited = pushed;
    if (pushed && *pushed && options_.wait) waited = wait(0);
    tally_.missing = count_open(outlets_);
    progress_.clear();
    if (!options_.quiet) {
      if (context_.json) {
        print_json(tally_.json(options_.wait));
      } else {
        tally_.print(options_.wait);
      }
    }
    if (!waited) return waited.failure();
    return *waited && tally_.long_lines == 0 ? kDone : kFailed;
  }

 private:
  // False: a result did not arrive in time, a line was refused, or a signal came.
  Result<bool> push_all() {
    while (!StopSignal::came()) {
      Result<bool> good = true;
      switch (reader_.next()) {
        case LineReader::Kind::kLine: good = push(reader_.line()); break;
        case LineReader::Kind::kLong:
          ++tally_.long_lines;
          complain(tally_.long_lines, "longer than 64 KiB, the limit of an order; skipped");
          break;
        case LineReader::Kind::kWait:
          good = settle(0);
          if (good && *good) reader_.wait();
          break;
        case LineReader::Kind::kBroken: {
          const std::string why = std::strerror(errno);
          good = settle(0);
          return good ? Failure{"cannot read the orders: " + why} : good;
        }
        case LineReader::Kind::kEnd: return settle(0);
      }
      if (!good || !*good) return good;
    }
    auto settled = settle(0);
    if (!settled) return settled;
    progress_.clear();
    const std::string next = std::to_string(reader_.number() + 1);
    note("stopped before line " + next + "; all before it was pushed; resume with: tail -n +" + next +
         " FILE | orderctl submit -");
    return false;
  }

  Result<bool> push(std::string_view line) {
    if (line.empty() || line == "\r") {
      complain(++tally_.empty_lines, "empty; skipped");
      return true;
    }
    const std::string problem = options_.force ? "" : problem_of_line(json_, line);
    if (!problem.empty()) {
      auto settled = settle(0);
      if (!settled) return settled;
      progress_.clear();
      note("line " + std::to_string(reader_.number()) + ": " + problem + ". All before it was pushed");
      return false;
    }
    const std::string_view sku = context_.several() ? first_sku(json_.read(line)) : "";
    const std::size_t lane = sku.empty() ? 0 : context_.lane_of(sku);
    sent_.push_back({reader_.number(), lane, std::string(line)});
    send(sent_.back());
    sent_bytes_ += line.size();
    if (sent_.size() < kWindow && sent_bytes_ < kWindowBytes) return true;
    // order matters: results are read only when every reply was, or one could come before its request's ID is known.
    return settle(options_.wait || sent_bytes_ >= kWindowBytes ? 0 : kWindow / 2);
  }

  struct Sent {
    uint64_t line;
    std::size_t lane;
    std::string text;
  };

  void send(const Sent& sent) {
    command_.begin(5);
    Outlet& outlet = outlets_[sent.lane];
    for (const std::string_view word : {std::string_view("XADD"), std::string_view(outlet.settings.streams.orders),
                                        std::string_view("*"), kField, std::string_view(sent.text)}) {
      command_.add(word);
    }
    outlet.client.append(command_);
  }

  // Reads replies until at most `left` are outstanding; with --wait all of them, then the results that are there.
  Result<bool> settle(std::size_t left) {
    while (sent_.size() > left) {
      Outlet& outlet = outlets_[sent_.front().lane];
      const auto reply = outlet.client.read();
      if (!reply) {
        if (const auto back = push_again(outlet, reply.error()); !back) return Failure{broken(back.error())};
        continue;
      }
      reconnection_.connected();
      if ((*reply)->is_error()) return Failure{broken(outlet.client.explain((*reply)->text()))};
      tally_.last = (*reply)->text();
      if (tally_.pushed++ == 0) tally_.first = tally_.last;
      const auto id = parse_id(tally_.last);
      if (options_.wait && id) outlet.open.add(*id);
      sent_.pop_front();
    }
    if (left == 0) sent_bytes_ = 0;
    progress_.show(tally_.pushed, options_.wait ? std::optional(tally_.pushed - count_open(outlets_)) : std::nullopt);
    if (!options_.wait) return true;
    if (count_open(outlets_) >= kMaxOpen) return wait(kMaxOpen / 2);
    for (;;) {
      auto read = read_results(milliseconds(0));
      if (!read) return read.failure();
      if (*read < kPageEntries) return true;
    }
  }

  // The connection was lost: connects again, and pushes what has no reply. A server closes an idle connection, too.
  Result<bool> push_again(Outlet& outlet, const std::string& why) {
    std::string failure = why;
    while (reconnection_.wait_out(failure)) {
      auto client = Client::connect(outlet.settings);
      if (!client) {
        failure = client.error();
        continue;
      }
      outlet.client = std::move(*client);
      for (const Sent& sent : sent_) {
        if (&outlets_[sent.lane] != &outlet) continue;
        ++tally_.resent;
        send(sent);
      }
      return true;
    }
    return Failure{failure};
  }

  // A page of each lane; returns how many there were in the one with the most. Waits for one of one lane only: where
  // there are several, not for long.
  Result<std::size_t> read_results(milliseconds patience) {
    std::size_t most = 0;
    Outlet* waiting = nullptr;
    for (Outlet& outlet : outlets_) {
      if (outlet.open.size() == 0) continue;
      waiting = &outlet;
      if (!context_.several()) break;
      auto read = read_results(outlet, milliseconds(0));
      if (!read) return read;
      most = std::max(most, *read);
    }
    if (waiting == nullptr || most > 0) return most;
    return read_results(*waiting, context_.several() ? std::min(patience, kLaneWait) : patience);
  }

  Result<std::size_t> read_results(Outlet& outlet, milliseconds patience) {
    for (;;) {
      auto read = outlet.tail->read(patience, [&](const Entry& entry) {
        const auto request = parse_id(entry.field("request"));
        if (!request || !outlet.open.answer(*request)) return;
        tally_.count(entry);
        tally_.waiting = since(start_);
        newest_result_ = Clock::now();
      });
      if (read) reconnection_.connected();
      if (read || !outlet.tail->lost() || !reconnection_.wait_out(read.error())) return read;
      auto again = ResultTail::after(outlet.settings, outlet.tail->last());
      if (again) outlet.tail.emplace(std::move(*again));
    }
  }

  // Until at most `left` requests have no result. False: none arrived for too long, or a signal came.
  Result<bool> wait(std::size_t left) {
    newest_result_ = Clock::now();
    while (count_open(outlets_) > left) {
      const auto patience = options_.timeout - since(newest_result_);
      if (patience <= milliseconds(0) || StopSignal::came()) {
        progress_.clear();
        note(count_text(count_open(outlets_), "request has", "requests have") + " no result" +
             (StopSignal::came() ? " yet"
                                 : ", and none arrived within " + duration_text(options_.timeout) +
                                       ". Is orderd running? See orderctl status") +
             ". The oldest is " + oldest_open(outlets_));
        return false;
      }
      auto read = read_results(patience);
      if (!read) return Failure{read.error() + "; the orders were pushed. To look for their results: orderctl results"};
      progress_.show(tally_.pushed, tally_.pushed - count_open(outlets_));
    }
    return true;
  }

  void complain(uint64_t times, const std::string& what) {
    if (times > kMaxComplaints || options_.quiet) return;
    progress_.clear();
    note("line " + std::to_string(reader_.number()) + ": " + what +
         (times == kMaxComplaints ? "; further ones are only counted" : ""));
  }

  std::string broken(const std::string& why) const {
    return why + "; " + count_text(tally_.pushed, "order was", "orders were") + " pushed; from line " +
           std::to_string(sent_.front().line) +
           " on it is unknown. It is safe to submit the file again: what was pushed becomes a duplicate";
  }

  const Context& context_;
  const SubmitOptions& options_;
  std::vector<Outlet> outlets_;  // as Context::lanes
  LineReader reader_;
  audit::JsonReader json_;
  SubmitProgress progress_;
  Tally tally_;
  valkey::Command command_;
  std::deque<Sent> sent_;  // whose reply is outstanding
  std::size_t sent_bytes_ = 0;
  Reconnection reconnection_;
  const Clock::time_point start_ = Clock::now();
  Clock::time_point newest_result_ = start_;
};

}  // namespace

Result<int> submit_file(const Context& context, const SubmitOptions& options, const std::string& file) {
  const int opened = file == "-" ? STDIN_FILENO : open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (opened < 0) return Failure{"cannot open '" + shown(file) + "': " + std::strerror(errno)};
  const FileCloser closer(opened);
  if (const auto checked = options.force ? Result<bool>(true) : check_lines(opened); !checked) {
    return Failure{(file == "-" ? "standard input" : "'" + shown(file) + "'") + ": " + checked.error()};
  }
  StopSignal::install();
  auto outlets = open_outlets(context, options.wait);
  if (!outlets) return outlets.failure();
  return Push(context, options, opened, std::move(*outlets)).run();
}

}  // namespace orderd::tools
