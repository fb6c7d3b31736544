// Each stream has a connection with one command outstanding, and poll() says which ones the server has answered. Most
// commands are an XREAD that waits for new entries. After a new connection and after a wait without one, XREVRANGE asks
// for the last entry that was read: a server that lacks it may have new entries with smaller IDs, which no XREAD
// returns. Then XINFO shows how many were ever added: more than were read, if some were trimmed before.
#include "shared/follow.h"

#include <poll.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <random>
#include <set>

#include "shared/client.h"
#include "shared/output.h"
#include "shared/stop_signal.h"
#include "valkey/backoff.h"

namespace orderd::tools {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// How long a read blocks in the server while there is nothing new.
constexpr milliseconds kBlock{1000};
// With the largest orders 16 MiB.
constexpr std::size_t kPageMax = 256;

StreamId id_of(std::string_view text) {
  return StreamId::parse(text).value_or(StreamId{});
}

// Of XINFO STREAM.
bool is_missing(valkey::Reply facts) {
  return facts.is_error() && facts.text() == "ERR no such key";
}

// Nothing is left of what was read, up to `last`. Was it lost, or deleted with the stream, rather than trimmed?
// `facts`: the reply of XINFO STREAM.
bool is_lost(valkey::Reply facts, StreamId last) {
  if (facts.is_error()) return is_missing(facts);
  const auto number = [&facts](std::string_view name) { return value_of(facts, name).integer(); };
  return id_of(value_of(facts, "last-generated-id").text()) < last || number("entries-added") == number("length");
}

class Follower {
 public:
  // `status`: of the process, if a signal ends it.
  Follower(Followed& followed, std::size_t index, int& status, const TakePage& take)
      : followed_(followed), index_(index), status_(status), take_(take), backoff_(std::random_device{}()) {}

  [[nodiscard]] bool connected() const { return client_.has_value(); }
  // What poll() has to look at; -1: there is no connection.
  [[nodiscard]] int descriptor() const { return client_ ? client_->descriptor() : -1; }
  // connect() or step() has to be called by then, also if the server does not answer.
  [[nodiscard]] Clock::time_point due() const { return due_; }
  // Is there something to do now? Asks the descriptor itself: since the last wait another stream may have taken long.
  [[nodiscard]] bool ready() const { return due_ <= Clock::now() || answered(); }

  void connect() {
    auto client = [this] {
      const StopSignal::Idle now(status_);
      return Client::connect(followed_.settings, kBlock);
    }();
    if (!client) return lose(client.error());
    client_.emplace(std::move(*client));
    look();
  }

  // While connected: handles what the server has answered, and asks again. A failure is one that a new connection does
  // not fix.
  Result<bool> step() {
    if (!answered()) {
      lose(client_->server() + " did not answer within " + duration_text(patience()));
      return true;
    }
    const auto reply = [this] {
      const StopSignal::Idle now(status_);
      return client_->read();
    }();
    const auto kind = reply ? (*reply)->error() : valkey::ErrorKind::kLost;
    if (!reply || client_->passes(kind)) {
      lose(reply ? client_->explain((*reply)->text()) : reply.error());
      return true;
    }
    if ((*reply)->is_error() && asked_ != Asked::kFacts) {
      return Failure{followed_.where + client_->explain((*reply)->text())};
    }
    if (!troubles_.empty()) note(followed_.where + "reconnected");
    troubles_.clear();
    backoff_.reset();
    return handle(reply->view());
  }

 private:
  enum class Asked {
    kLast,   // for the newest entry up to the last one that was read
    kFacts,  // for what is known of the stream
    kPage,   // for new entries
  };

  Result<bool> handle(const valkey::Reply& reply) {
    if (asked_ == Asked::kLast) {
      ask(compare(entries_of(reply)));
    } else if (asked_ == Asked::kFacts) {
      if (nothing_left_ && is_lost(reply, followed_.cursor.after())) drop_after({});
      if (nothing_left_) followed_.cursor.forget();
      nothing_left_ = false;
      report_lost();
      report_missed(reply);
      ask(Asked::kPage);
    } else {
      const auto page = entries_of(reply.at(0).at(1));
      for (const Entry& entry : page) followed_.cursor.read(id_of(entry.id));
      seen_ += static_cast<int64_t>(page.size());
      if (page.empty()) {
        look();
        return true;
      }
      const auto taken = take_(index_, page);
      if (!taken) return taken.failure();
      status_ = *taken;
      ask(Asked::kPage);
    }
    return true;
  }

  // Is what was read still there, and was everything read?
  void look() { ask(followed_.cursor.at_entry() ? Asked::kLast : Asked::kFacts); }

  // `newest`: the newest entry that the server has up to the last one that was read. If it is another one, it may have
  // been added since; then the last one that is left is looked for in turn.
  Asked compare(const std::vector<Entry>& newest) {
    nothing_left_ = newest.empty();
    if (nothing_left_) return Asked::kFacts;
    const StreamId left = id_of(newest.front().id);
    drop_after(left);
    if (followed_.cursor.at_entry() && followed_.cursor.after() != left) return Asked::kLast;
    // XINFO STREAM copies the first and the last entry, which may be large: only if there is something to compare.
    return added_ && seen_ == 0 && lost_ == 0 ? Asked::kPage : Asked::kFacts;
  }

  void drop_after(StreamId left) {
    const StreamId last = followed_.cursor.after();
    const std::size_t count = followed_.cursor.lose_after(left);
    if (count > 0 && lost_ == 0) last_lost_ = last;
    lost_ += count;
  }

  void report_lost() {
    if (lost_ == 0) return;
    note(fmt::format("{}{} no longer in the stream '{}', the last one {}: lost in a failover, or deleted",
                     followed_.where, count_text(lost_, "entry that was read is", "entries that were read are"),
                     shown(followed_.stream), last_lost_.text()));
    lost_ = 0;
    added_.reset();
  }

  // Only once everything was read up to the newest entry: nobody knows how many of those added are still to come.
  void report_missed(valkey::Reply facts) {
    if (facts.is_error() && !is_missing(facts)) return;
    if (id_of(value_of(facts, "last-generated-id").text()) != followed_.cursor.after()) return;
    const int64_t added = value_of(facts, "entries-added").integer();
    const int64_t missed = added - added_.value_or(added) - seen_;
    if (added_ && missed > 0) {
      note(fmt::format("{}{} trimmed from the stream '{}', or deleted, before {} read", followed_.where,
                       count_text(static_cast<uint64_t>(missed), "entry was", "entries were"), shown(followed_.stream),
                       missed == 1 ? "it was" : "they were"));
    }
    added_ = added;
    seen_ = 0;
  }

  void ask(Asked what) {
    using valkey::Command;
    const std::string& stream = followed_.stream;
    const std::string after = followed_.cursor.after().text();
    asked_ = what;
    switch (what) {
      case Asked::kLast: client_->append(Command::of("XREVRANGE", stream, after, "-", "COUNT", 1)); break;
      case Asked::kFacts: client_->append(Command::of("XINFO", "STREAM", stream)); break;
      case Asked::kPage:
        client_->append(Command::of("XREAD", "COUNT", kPageMax, "BLOCK", kBlock.count(), "STREAMS", stream, after));
        break;
    }
    // A failure is one of the read that follows.
    client_->connection().flush();
    due_ = Clock::now() + patience();
  }

  void lose(const std::string& why) {
    client_.reset();
    if (troubles_.insert(why).second) note(followed_.where + why + "; reconnecting");
    due_ = Clock::now() + backoff_.next();
  }

  [[nodiscard]] milliseconds patience() const { return kBlock + followed_.settings.valkey.reply_timeout; }

  [[nodiscard]] bool answered() const {
    pollfd one{.fd = descriptor(), .events = POLLIN, .revents = 0};
    return poll(&one, 1, 0) > 0;
  }

  Followed& followed_;
  const std::size_t index_;
  int& status_;
  const TakePage& take_;
  valkey::Backoff backoff_;
  std::optional<Client> client_;
  Asked asked_ = Asked::kPage;
  bool nothing_left_ = false;     // of what was read: kFacts will say why
  std::optional<int64_t> added_;  // how many entries the stream had ever got when all had been read
  int64_t seen_ = 0;              // how many were read since
  std::size_t lost_ = 0;          // not reported yet
  StreamId last_lost_;
  std::set<std::string> troubles_;  // what was reported since the connection was lost
  Clock::time_point due_ = Clock::now();
};

// Until one of them is answered or due.
void wait_for(const std::deque<Follower>& followers, int status) {
  std::vector<pollfd> descriptors;
  Clock::time_point due = Clock::time_point::max();
  for (const Follower& follower : followers) {
    descriptors.push_back({.fd = follower.descriptor(), .events = POLLIN, .revents = 0});
    due = std::min(due, follower.due());
  }
  const auto left = std::max(std::chrono::ceil<milliseconds>(due - Clock::now()), milliseconds(0));
  const StopSignal::Idle now(status);
  // After an error no descriptor is ready, and the next call returns immediately or reports it.
  (void)poll(descriptors.data(), descriptors.size(), static_cast<int>(left.count()));
}

}  // namespace

void Cursor::read(StreamId id) {
  while (!read_.empty() && read_.back() >= id) read_.pop_back();
  read_.push_back(after_ = id);
  if (read_.size() <= kMaxRead) return;
  start_ = read_.front();
  read_.pop_front();
}

std::size_t Cursor::lose_after(StreamId left) {
  const std::size_t before = read_.size();
  while (!read_.empty() && read_.back() > left) read_.pop_back();
  after_ = read_.empty() ? std::min(left, start_) : read_.back();
  return before - read_.size();
}

Failure follow(std::vector<Followed> streams, int status, const TakePage& take) {
  StopSignal::install();
  std::deque<Follower> followers;
  for (std::size_t i = 0; i < streams.size(); ++i) followers.emplace_back(streams[i], i, status, take);
  for (;;) {
    wait_for(followers, status);
    Follower* next = nullptr;  // to connect
    for (Follower& follower : followers) {
      if (!follower.ready()) continue;
      if (!follower.connected()) {
        if (next == nullptr || follower.due() < next->due()) next = &follower;
        continue;
      }
      if (const auto good = follower.step(); !good) return Failure{good.error()};
    }
    // One at a time: connecting waits for the server, and the other streams wait for that.
    if (next != nullptr) next->connect();
  }
}

}  // namespace orderd::tools
