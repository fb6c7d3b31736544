// A command is buffered until it is complete, so that all of it can be kept from the server. Replies are forwarded as
// they arrive: their faults are known since their command was read.
#include "chaos/proxy_follower.h"

#include "chaos/fault_proxy.h"
#include "chaos/proxy_core.h"

namespace orderd::test {
namespace {

constexpr std::size_t kWordsMax = 16;
// [[stream, [[id, fields], …]]]: the depth of an entry in a reply of XREAD.
constexpr int kEntryDepth = 3;

}  // namespace

std::vector<std::string> command_words(std::string_view command) {
  std::vector<std::string> words;
  std::size_t at = command.find('\n');
  while (at != std::string_view::npos && words.size() < kWordsMax && at + 1 < command.size()) {
    const std::size_t end = command.find('\n', at + 1);
    if (end == std::string_view::npos || command[at + 1] != '$') break;
    std::size_t length = 0;
    const char* last = command.data() + end - 1;
    if (std::from_chars(command.data() + at + 2, last, length).ptr != last) break;
    words.emplace_back(command.substr(end + 1, length));
    at = end + 1 + length + 1;
  }
  return words;
}

ProxyFollower::ProxyFollower(ProxyCore& core, ProxyPipe& to_server, ProxyPipe& to_client)
    : core_(core), to_server_(to_server), to_client_(to_client) {
}

void ProxyFollower::then_to(ProxyPipe& pipe, std::size_t trigger) {
  switch (core_.trigger(trigger).then()) {
    case Trigger::Then::kReset: pipe.push(ProxyPipe::Mark::kReset); break;
    case Trigger::Then::kClose: pipe.push(ProxyPipe::Mark::kClose); break;
    case Trigger::Then::kSilence: pipe.push(ProxyPipe::Mark::kSilence); break;
    case Trigger::Then::kNothing: break;
  }
}

std::optional<std::size_t> ProxyFollower::announce(std::string_view command) {
  const std::vector<std::string> words = command_words(command);
  last_command_ = words.empty() ? "" : words[0] + (words.size() > 1 ? " " + words[1] : "");
  expected_.emplace_back();
  const std::optional<std::size_t> trigger = core_.take_trigger(words);
  if (!trigger) return std::nullopt;
  switch (core_.trigger(*trigger).what()) {
    case Trigger::What::kNothing: core_.fire(*trigger, "noticed"); return std::nullopt;
    case Trigger::What::kLoseCommand: core_.fire(*trigger, "lose_command"); return trigger;
    default: break;
  }
  expected_.back() = {core_.trigger(*trigger).what(), *trigger};
  return std::nullopt;
}

void ProxyFollower::from_client(std::string_view bytes) {
  if (!following_) return to_server_.push(bytes);
  command_.append(bytes);
  const std::string_view all = command_;
  std::size_t passed = 0;  // bytes already in the pipe
  std::size_t begin = 0;   // of the command that is being split
  while (split_ < all.size() && following_) {
    const RespSplitter::Step step = commands_.take(all.substr(split_));
    split_ += step.eaten;
    following_ = !step.garbage;
    const bool too_long = split_ - begin > FaultProxy::kQueueMax;
    if (!step.whole() && !too_long) continue;
    const auto lost = announced_ ? std::nullopt : announce(all.substr(begin, split_ - begin));
    if (lost) {
      to_server_.push(all.substr(passed, begin - passed));
      then_to(to_server_, *lost);
      passed = begin;
    }
    announced_ = !step.whole();
    begin = split_;
  }
  if (!following_) begin = all.size();
  to_server_.push(all.substr(passed, begin - passed));
  command_.erase(0, begin);
  split_ -= std::min(split_, begin);
}

void ProxyFollower::client_ended() {
  to_server_.push(command_);
  command_.clear();
  split_ = 0;
}

void ProxyFollower::play(const char* kind) {
  core_.fire(now_.trigger, kind);
  then_to(to_client_, now_.trigger);
}

void ProxyFollower::begin_reply() {
  in_reply_ = true;
  dropping_ = false;
  entries_ = 0;
  reply_bytes_ = 0;
  now_ = {};
  if (expected_.empty()) return;  // no command is waiting
  now_ = expected_.front();
  expected_.pop_front();
}

// Applies the faults that come before a reply's first byte.
void ProxyFollower::play_before_reply() {
  switch (now_.what) {
    case Trigger::What::kHoldReply:
      core_.fire(now_.trigger, "hold_reply");
      to_client_.push(ProxyPipe::Mark::kHold, now_.trigger);
      break;
    case Trigger::What::kSwallowReply:
      dropping_ = true;
      play("swallow_reply");
      break;
    case Trigger::What::kReplaceReply:
      dropping_ = true;
      to_client_.push(core_.trigger(now_.trigger).bytes());
      play("replace_reply");
      break;
    default: break;
  }
}

bool ProxyFollower::cut_is_due() {
  const std::size_t limit = core_.trigger(now_.trigger).limit();
  if (now_.what == Trigger::What::kCutAfterEntries) return entries_ >= limit && core_.live(now_.trigger);
  if (now_.what == Trigger::What::kCutAfterBytes) return reply_bytes_ >= limit && core_.live(now_.trigger);
  return false;
}

void ProxyFollower::from_server(std::string_view bytes) {
  if (!following_) return to_client_.push(bytes);
  std::size_t at = 0;
  std::size_t run = 0;  // from here to `at`: for the client, not in the pipe yet
  while (at < bytes.size() && following_) {
    if (!in_reply_) begin_reply();
    if (reply_bytes_ == 0 && now_.what != Trigger::What::kNothing) {
      to_client_.push(bytes.substr(run, at - run));
      run = at;
      play_before_reply();
    }
    const RespSplitter::Step step = replies_.take(bytes.substr(at));
    following_ = !step.garbage;
    at += step.eaten;
    reply_bytes_ += step.eaten;
    if (step.ended(kEntryDepth)) ++entries_;
    if (!dropping_ && now_.what != Trigger::What::kNothing && cut_is_due()) {
      const bool at_byte = now_.what == Trigger::What::kCutAfterBytes;
      const std::size_t rest = at_byte ? reply_bytes_ - core_.trigger(now_.trigger).limit() : 0;
      to_client_.push(bytes.substr(run, at - rest - run));
      run = at - rest;
      play("cut_reply");
      dropping_ = true;
    }
    if (dropping_) {
      core_.note_lost(at - run);
      run = at;
    }
    if (step.whole()) in_reply_ = false;
  }
  to_client_.push(bytes.substr(run));
}

}  // namespace orderd::test
