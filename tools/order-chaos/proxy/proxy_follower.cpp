// A command is buffered until it is complete, so that all of it can be kept from the server. Replies are forwarded as
// they arrive: their faults are known since their command was read.
#include "order-chaos/proxy/proxy_follower.h"

#include <algorithm>
#include <cctype>

namespace orderd::test {
namespace {

constexpr std::size_t kWordsMax = 16;
// [[stream, [[id, fields], …]]]: the depth of an entry in a reply of XREAD.
constexpr int kEntryDepth = 3;

// The first words of a possibly incomplete command.
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

}  // namespace

std::string in_capitals(std::string_view text) {
  std::string capitals(text);
  std::transform(capitals.begin(), capitals.end(), capitals.begin(), [](unsigned char c) { return std::toupper(c); });
  return capitals;
}

bool begins_with_words(std::string_view command, std::string_view first) {
  if (!in_capitals(command).starts_with(in_capitals(first))) return false;
  return command.size() == first.size() || command[first.size()] == ' ' || first.empty();
}

ArmedTrigger* ProxyState::take(const std::vector<std::string>& words) {
  if (words.empty()) return nullptr;
  ++commands[in_capitals(words[0])];
  const std::string text = words.size() > 1 ? words[0] + " " + words[1] : words[0];
  for (auto armed = triggers.rbegin(); armed != triggers.rend(); ++armed) {
    const Trigger& trigger = armed->trigger;
    if (!armed->live() || !begins_with_words(text, trigger.first)) continue;
    const auto wanted = [&](const std::string& word) { return in_capitals(word) == in_capitals(trigger.word); };
    if (!trigger.word.empty() && std::none_of(words.begin(), words.end(), wanted)) continue;
    if (armed->passed < trigger.skipped) {
      ++armed->passed;
      continue;
    }
    ++armed->taken;
    return &*armed;
  }
  return nullptr;
}

void ProxyState::fire(ArmedTrigger& trigger, const char* kind) {
  ++trigger.fired;
  ++counted.played[kind];
  if (trigger.trigger.ending == Trigger::Then::kSilence) ++counted.played["silence"];
}

void ProxyFollower::then_to(ProxyPipe& pipe, const Trigger& trigger) {
  switch (trigger.ending) {
    case Trigger::Then::kReset: pipe.push(ProxyPipe::Mark::kReset); break;
    case Trigger::Then::kClose: pipe.push(ProxyPipe::Mark::kClose); break;
    case Trigger::Then::kSilence: pipe.push(ProxyPipe::Mark::kSilence); break;
    case Trigger::Then::kNothing: break;
  }
}

ArmedTrigger* ProxyFollower::announce(std::string_view command) {
  const std::vector<std::string> words = command_words(command);
  last_command_ = words.empty() ? "" : words[0] + (words.size() > 1 ? " " + words[1] : "");
  ArmedTrigger* trigger = state_.take(words);
  const bool loses = trigger != nullptr && trigger->trigger.what == Trigger::What::kLoseCommand;
  const bool counts = trigger != nullptr && trigger->trigger.what == Trigger::What::kNothing;
  expected_.push_back(loses || counts ? nullptr : trigger);
  if (counts) state_.fire(*trigger, "noticed");
  if (loses) state_.fire(*trigger, "lose_command");
  return loses ? trigger : nullptr;
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
    const bool too_long = split_ - begin > kProxyQueueMax;
    if (!step.whole() && !too_long) continue;
    ArmedTrigger* lost = announced_ ? nullptr : announce(all.substr(begin, split_ - begin));
    if (lost != nullptr) {
      to_server_.push(all.substr(passed, begin - passed));
      then_to(to_server_, lost->trigger);
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
  state_.fire(*now_, kind);
  then_to(to_client_, now_->trigger);
}

void ProxyFollower::begin_reply() {
  in_reply_ = true;
  dropping_ = false;
  entries_ = 0;
  reply_bytes_ = 0;
  now_ = nullptr;
  if (expected_.empty()) return;  // no command is waiting
  now_ = expected_.front();
  expected_.pop_front();
}

// Applies the faults that come before a reply's first byte.
void ProxyFollower::play_before_reply() {
  switch (fault()) {
    case Trigger::What::kHoldReply:
      state_.fire(*now_, "hold_reply");
      to_client_.push(ProxyPipe::Mark::kHold, now_);
      break;
    case Trigger::What::kSwallowReply:
      dropping_ = true;
      play("swallow_reply");
      break;
    case Trigger::What::kReplaceReply:
      dropping_ = true;
      to_client_.push(now_->trigger.replacement);
      play("replace_reply");
      break;
    default: break;
  }
}

bool ProxyFollower::cut_is_due() const {
  if (now_ == nullptr || !now_->trigger.cuts() || !now_->live()) return false;
  const bool in_bytes = fault() == Trigger::What::kCutAfterBytes;
  return (in_bytes ? reply_bytes_ : entries_) >= now_->trigger.limit;
}

void ProxyFollower::from_server(std::string_view bytes) {
  if (!following_) return to_client_.push(bytes);
  std::size_t at = 0;
  std::size_t run = 0;  // from here to `at`: for the client, not in the pipe yet
  while (at < bytes.size() && following_) {
    if (!in_reply_) begin_reply();
    if (reply_bytes_ == 0 && now_ != nullptr) {
      to_client_.push(bytes.substr(run, at - run));
      run = at;
      play_before_reply();
    }
    const RespSplitter::Step step = replies_.take(bytes.substr(at));
    following_ = !step.garbage;
    at += step.eaten;
    reply_bytes_ += step.eaten;
    if (step.ended(kEntryDepth)) ++entries_;
    if (!dropping_ && cut_is_due()) {
      const bool at_byte = fault() == Trigger::What::kCutAfterBytes;
      const std::size_t rest = at_byte ? reply_bytes_ - now_->trigger.limit : 0;
      to_client_.push(bytes.substr(run, at - rest - run));
      run = at - rest;
      play("cut_reply");
      dropping_ = true;
    }
    if (dropping_) {
      state_.counted.bytes_lost += at - run;
      run = at;
    }
    if (step.whole()) in_reply_ = false;
  }
  to_client_.push(bytes.substr(run));
}

}  // namespace orderd::test
