// How triggers are built, and which of them a command fires.
#include <strings.h>

#include <algorithm>
#include <stdexcept>

#include "chaos/proxy_core.h"

namespace orderd::test {
namespace {

bool same_word(std::string_view one, std::string_view other) {
  return one.size() == other.size() && strncasecmp(one.data(), other.data(), one.size()) == 0;
}

}  // namespace

Trigger Trigger::on(std::string_view first) {
  Trigger trigger;
  trigger.first_ = first;
  return trigger;
}

Trigger& Trigger::with(std::string_view word) {
  word_ = word;
  return *this;
}

Trigger& Trigger::after(uint64_t count) {
  after_ = count;
  return *this;
}

Trigger& Trigger::times(uint64_t count) {
  times_ = count;
  return *this;
}

Trigger& Trigger::replace_reply(std::string bytes) {
  bytes_ = std::move(bytes);
  return what(What::kReplaceReply, Then::kNothing);
}

Trigger& Trigger::then(Then then) {
  then_ = then;
  return *this;
}

Trigger& Trigger::what(What what, Then then, std::size_t limit) {
  what_ = what;
  then_ = then;
  limit_ = limit;
  return *this;
}

bool begins_with_words(std::string_view command, std::string_view first) {
  if (command.size() < first.size() || !same_word(command.substr(0, first.size()), first)) return false;
  return command.size() == first.size() || command[first.size()] == ' ' || first.empty();
}

void Trigger::check() const {
  const bool cuts = what_ == What::kCutAfterBytes || what_ == What::kCutAfterEntries;
  if (cuts && limit_ == 0) throw std::invalid_argument("a reply is cut after at least one entry or byte");
  if ((cuts || what_ == What::kSwallowReply || what_ == What::kLoseCommand) && then_ == Then::kNothing) {
    throw std::invalid_argument("a connection that lost bytes is unusable: use kReset, kClose or kSilence");
  }
}

std::size_t ProxyCore::add(const Trigger& trigger) {
  triggers_.push_back({trigger});
  return triggers_.size();
}

std::optional<std::size_t> ProxyCore::take_trigger(const std::vector<std::string>& words) {
  if (words.empty()) return std::nullopt;
  std::string text = words[0];
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
  ++commands_[text];
  if (words.size() > 1) text += " " + words[1];
  for (std::size_t number = triggers_.size(); number > 0; --number) {
    Armed& armed = triggers_[number - 1];
    const Trigger& trigger = armed.trigger;
    if (!live(number) || !begins_with_words(text, trigger.first())) continue;
    const auto has = [&](const std::string& word) { return same_word(word, trigger.word()); };
    if (!trigger.word().empty() && std::none_of(words.begin(), words.end(), has)) continue;
    if (armed.passed < trigger.after()) {
      ++armed.passed;
      continue;
    }
    ++armed.taken;
    return number;
  }
  return std::nullopt;
}

bool ProxyCore::live(std::size_t number) const {
  const Armed& armed = triggers_[number - 1];
  const Trigger::What what = armed.trigger.what();
  // A reply may turn out too short to be cut: several commands may be candidates for one cut.
  const bool cuts = what == Trigger::What::kCutAfterBytes || what == Trigger::What::kCutAfterEntries;
  return !armed.off && (cuts ? armed.fired : armed.taken) < armed.trigger.times();
}

void ProxyCore::fire(std::size_t number, const char* kind) {
  Armed& armed = triggers_[number - 1];
  ++armed.fired;
  note_played(kind);
  if (armed.trigger.then() == Trigger::Then::kSilence) note_played("silence");
}

void ProxyCore::release(std::size_t number) {
  Armed& armed = triggers_.at(number - 1);
  armed.off = armed.released = true;
  pump_all();
}

uint64_t ProxyCore::commands(std::string_view first) const {
  std::string text(first);
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
  const auto found = commands_.find(text);
  return found == commands_.end() ? 0 : found->second;
}

}  // namespace orderd::test
