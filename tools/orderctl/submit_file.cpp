// Many orders: pushed through a pipeline of bounded length, counting the results that arrive meanwhile.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <deque>
#include <nlohmann/json.hpp>
#include <optional>

#include "order/request.h"
#include "orderctl/open_requests.h"
#include "orderctl/submit.h"
#include "orderctl/tally.h"
#include "shared/line_reader.h"
#include "shared/output.h"
#include "shared/result_tail.h"

namespace orderd::tools {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::string_view kField = "order";
// An entry's limit covers its names and its values.
constexpr std::size_t kMaxLineBytes = order::kMaxEntryBytes - kField.size();
// Requests sent and not answered yet, and their bytes.
constexpr std::size_t kWindow = 1000;
constexpr std::size_t kWindowBytes = 4 * 1024 * 1024;
// With more requests without a result than this, pushing waits: each takes memory.
constexpr std::size_t kMaxOpen = 1'000'000;
constexpr uint64_t kMaxComplaints = 20;
constexpr milliseconds kProgressEvery{200};

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

// A line on the terminal that is updated in place.
class Progress {
 public:
  explicit Progress(bool wanted) : shown_(wanted && isatty(STDERR_FILENO) == 1) {}
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(uint64_t pushed, std::optional<uint64_t> answered) {
    if (!shown_ || Clock::now() < next_) return;
    next_ = Clock::now() + kProgressEvery;
    std::string text = "\r\x1b[K" + count_text(pushed, "request") + " pushed";
    if (answered) text += ", " + count_text(*answered, "result");
    drawn_ = std::fwrite(text.data(), 1, text.size(), stderr) > 0;
  }
  void clear() {
    if (drawn_) (void)std::fputs("\r\x1b[K", stderr);
    drawn_ = false;
  }

 private:
  const bool shown_;
  bool drawn_ = false;
  Clock::time_point next_ = Clock::now() + kProgressEvery;
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
    if (pushed && tail_) waited = wait(0);
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
  // False: a result did not arrive in time.
  Result<bool> push_all() {
    for (;;) {
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
  }

  Result<bool> push(std::string_view line) {
    if (line.empty() || line == "\r") {
      complain(++tally_.empty_lines, "empty; skipped");
      return true;
    }
    command_.begin(5);
    for (const std::string_view word : {std::string_view("XADD"), std::string_view(context_.settings.streams.orders),
                                        std::string_view("*"), kField, line}) {
      command_.add(word);
    }
    client_.append(command_);
    sent_.push_back(reader_.number());
    sent_bytes_ += line.size();
    if (sent_.size() < kWindow && sent_bytes_ < kWindowBytes) return true;
    // order matters: results are read only when every reply was, or one could come before its request's ID is known.
    return settle(tail_ || sent_bytes_ >= kWindowBytes ? 0 : kWindow / 2);
  }

  // Reads replies until at most `left` are outstanding; with --wait all of them, then the results that are there.
  Result<bool> settle(std::size_t left) {
    while (sent_.size() > left) {
      const auto reply = client_.read();
      if (!reply) return Failure{broken(reply.error())};
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

  Result<std::size_t> read_results(milliseconds patience) {
    return tail_->read(patience, [this](const Entry& entry) {
      const auto request = parse_id(entry.field("request"));
      if (!request || !open_.answer(*request)) return;
      tally_.count(entry);
      tally_.waiting = since(start_);
      newest_result_ = Clock::now();
    });
  }

  // Until at most `left` requests have no result. False: none arrived for too long.
  Result<bool> wait(std::size_t left) {
    newest_result_ = Clock::now();
    while (open_.size() > left) {
      const auto patience = options_.timeout - since(newest_result_);
      if (patience <= milliseconds(0)) {
        progress_.clear();
        note(count_text(open_.size(), "request has", "requests have") + " no result, and none arrived within " +
             duration_text(options_.timeout) + ". Is orderd running? See orderctl status. The oldest is " +
             open_.oldest().text());
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
           std::to_string(sent_.front()) +
           " on it is unknown. It is safe to submit the file again: what was pushed becomes a duplicate";
  }

  const Context& context_;
  const SubmitOptions& options_;
  Client client_;
  std::optional<ResultTail> tail_;
  LineReader reader_;
  Progress progress_;
  Tally tally_;
  OpenRequests open_;
  valkey::Command command_;
  std::deque<uint64_t> sent_;  // the lines whose reply is outstanding
  std::size_t sent_bytes_ = 0;
  const Clock::time_point start_ = Clock::now();
  Clock::time_point newest_result_ = start_;
};

}  // namespace

Result<int> submit_file(const Context& context, const SubmitOptions& options, const std::string& file) {
  const int opened = file == "-" ? STDIN_FILENO : open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (opened < 0) return Failure{"cannot open '" + shown(file) + "': " + std::strerror(errno)};
  const FileCloser closer(opened);
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
