// Many orders: pushed through a pipeline of bounded length, counting the results that arrive meanwhile. After a lost
// connection what has no reply is pushed again.
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <deque>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>

#include "order/request.h"
#include "orderctl/open_requests.h"
#include "orderctl/submit.h"
#include "orderctl/submit_progress.h"
#include "orderctl/tally.h"
#include "shared/line_reader.h"
#include "shared/output.h"
#include "shared/result_tail.h"
#include "shared/stop_signal.h"
#include "valkey/backoff.h"

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
  Push(const Context& context, const SubmitOptions& options, int file, Client client, std::optional<ResultTail> tail)
      : context_(context),
        options_(options),
        client_(std::move(client)),
        tail_(std::move(tail)),
        reader_(file, kMaxLineBytes),
        progress_(!options.quiet) {}

  Result<int> run() {
    const Result<bool> pushed = push_all();
    tally_.pushing = since(start_);
    Result<bool> waited = pushed;
    if (pushed && *pushed && tail_) waited = wait(0);
    tally_.missing = open_.size();
    progress_.clear();
    if (!options_.quiet) {
      if (context_.json) {
        print_json(tally_.json(tail_.has_value()));
      } else {
        tally_.print(tail_.has_value());
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
    note("stopped before line " + next + "; all before it was pushed. To go on: tail -n +" + next +
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
    sent_.push_back({reader_.number(), std::string(line)});
    send(sent_.back());
    sent_bytes_ += line.size();
    if (sent_.size() < kWindow && sent_bytes_ < kWindowBytes) return true;
    // order matters: results are read only when every reply was, or one could come before its request's ID is known.
    return settle(tail_ || sent_bytes_ >= kWindowBytes ? 0 : kWindow / 2);
  }

  struct Sent {
    uint64_t line;
    std::string text;
  };

  void send(const Sent& sent) {
    command_.begin(5);
    for (const std::string_view word : {std::string_view("XADD"), std::string_view(context_.settings.streams.orders),
                                        std::string_view("*"), kField, std::string_view(sent.text)}) {
      command_.add(word);
    }
    client_.append(command_);
  }

  // Reads replies until at most `left` are outstanding; with --wait all of them, then the results that are there.
  Result<bool> settle(std::size_t left) {
    while (sent_.size() > left) {
      const auto reply = client_.read();
      if (!reply) {
        if (const auto back = push_again(reply.error()); !back) return Failure{broken(back.error())};
        continue;
      }
      connected();
      if ((*reply)->is_error()) return Failure{broken(client_.explain((*reply)->text()))};
      tally_.last = (*reply)->text();
      if (tally_.pushed++ == 0) tally_.first = tally_.last;
      const auto id = parse_id(tally_.last);
      if (tail_ && id) open_.add(*id);
      sent_.pop_front();
    }
    if (left == 0) sent_bytes_ = 0;
    progress_.show(tally_.pushed, tail_ ? std::optional(tally_.pushed - open_.size()) : std::nullopt);
    if (!tail_) return true;
    if (open_.size() >= kMaxOpen) return wait(kMaxOpen / 2);
    for (;;) {
      const auto read = read_results(milliseconds(0));
      if (!read) return read.failure();
      if (*read < kPageEntries) return true;
    }
  }

  // The connection was lost: connects again, and pushes what has no reply. A server closes an idle connection, too.
  Result<bool> push_again(const std::string& why) {
    std::string failure = why;
    while (wait_out(failure)) {
      auto client = Client::connect(context_.settings);
      if (!client) {
        failure = client.error();
        continue;
      }
      client_ = std::move(*client);
      tally_.resent += sent_.size();
      for (const Sent& sent : sent_) send(sent);
      return true;
    }
    return Failure{failure};
  }

  Result<std::size_t> read_results(milliseconds patience) {
    for (;;) {
      auto read = tail_->read(patience, [this](const Entry& entry) {
        const auto request = parse_id(entry.field("request"));
        if (!request || !open_.answer(*request)) return;
        tally_.count(entry);
        tally_.waiting = since(start_);
        newest_result_ = Clock::now();
      });
      if (read) connected();
      if (read || !tail_->lost() || !wait_out(read.error())) return read;
      auto again = ResultTail::after(context_.settings, tail_->last());
      if (again) tail_.emplace(std::move(*again));
    }
  }

  // A moment before the next attempt to connect. False: there were attempts for too long, or a signal came.
  bool wait_out(const std::string& why) {
    if (!trouble_) {
      progress_.clear();
      note(why + "; reconnecting");
      trouble_ = Clock::now();
    }
    if (StopSignal::came() || since(*trouble_) >= options_.timeout) return false;
    (void)poll(nullptr, 0, static_cast<int>(backoff_.next().count()));
    return true;
  }

  void connected() {
    if (!trouble_) return;
    note("reconnected");
    trouble_.reset();
    backoff_.reset();
  }

  // Until at most `left` requests have no result. False: none arrived for too long, or a signal came.
  Result<bool> wait(std::size_t left) {
    newest_result_ = Clock::now();
    while (open_.size() > left) {
      const auto patience = options_.timeout - since(newest_result_);
      if (patience <= milliseconds(0) || StopSignal::came()) {
        progress_.clear();
        note(count_text(open_.size(), "request has", "requests have") + " no result" +
             (StopSignal::came() ? " yet"
                                 : ", and none arrived within " + duration_text(options_.timeout) +
                                       ". Is orderd running? See orderctl status") +
             ". The oldest is " + open_.oldest().text());
        return false;
      }
      const auto read = read_results(patience);
      if (!read) return Failure{read.error() + "; the orders were pushed. To look for their results: orderctl results"};
      progress_.show(tally_.pushed, tally_.pushed - open_.size());
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
  Client client_;
  std::optional<ResultTail> tail_;
  LineReader reader_;
  audit::JsonReader json_;
  SubmitProgress progress_;
  Tally tally_;
  OpenRequests open_;
  valkey::Command command_;
  std::deque<Sent> sent_;  // whose reply is outstanding
  std::size_t sent_bytes_ = 0;
  valkey::Backoff backoff_{std::random_device{}()};
  std::optional<Clock::time_point> trouble_;  // since then there is no connection
  const Clock::time_point start_ = Clock::now();
  Clock::time_point newest_result_ = start_;
};

}  // namespace

Result<int> submit_file(const Context& context, const SubmitOptions& options, const std::string& file) {
  const int opened = file == "-" ? STDIN_FILENO : open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (opened < 0) return Failure{"cannot open '" + shown(file) + "': " + std::strerror(errno)};
  const FileCloser closer(opened);
  if (const auto checked = options.force ? Result<bool>(true) : check_lines(opened); !checked) {
    return Failure{(file == "-" ? "standard input" : "'" + shown(file) + "'") + ", " + checked.error()};
  }
  StopSignal::install();
  auto client = Client::connect(context.settings);
  if (!client) return client.failure();
  std::optional<ResultTail> tail;
  if (options.wait) {
    auto at_end = ResultTail::at_end(context.settings);
    if (!at_end) return at_end.failure();
    tail.emplace(std::move(*at_end));
  }
  return Push(context, options, opened, std::move(*client), std::move(tail)).run();
}

}  // namespace orderd::tools
