// How a test scripts a command.
#include <strings.h>

#include <algorithm>
#include <utility>

#include "support/fake_server.h"
#include "support/resp.h"

namespace orderd::test {

bool Received::begins(std::string_view first) const {
  for (const std::string& word : words) {
    if (first.empty()) return true;
    const std::string_view wanted = first.substr(0, first.find(' '));
    if (wanted.size() != word.size() || strncasecmp(wanted.data(), word.data(), word.size()) != 0) return false;
    first.remove_prefix(std::min(first.size(), wanted.size() + 1));
  }
  return first.empty();
}

std::string Received::text() const {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string Received::option(std::string_view name) const {
  const auto found = std::find(words.begin(), words.end(), name);
  return found == words.end() || found + 1 == words.end() ? "" : *(found + 1);
}

FakeServer::Rule& FakeServer::Rule::with(std::string_view word) {
  word_ = word;
  return *this;
}
FakeServer::Rule& FakeServer::Rule::times(std::size_t count) {
  times_ = count;
  return *this;
}
FakeServer::Rule& FakeServer::Rule::after(std::size_t count) {
  after_ = count;
  return *this;
}
FakeServer::Rule& FakeServer::Rule::reply(std::string bytes) {
  answer_ = [bytes = std::move(bytes)](const Received& /*command*/) { return bytes; };
  return *this;
}
FakeServer::Rule& FakeServer::Rule::error(std::string_view text) {
  return reply(resp::error(text));
}
FakeServer::Rule& FakeServer::Rule::answer(Answer answer) {
  answer_ = std::move(answer);
  return *this;
}
FakeServer::Rule& FakeServer::Rule::hold() {
  holds_ = true;
  return *this;
}
FakeServer::Rule& FakeServer::Rule::slice(std::size_t bytes) {
  slice_ = bytes;
  return *this;
}
FakeServer::Rule& FakeServer::Rule::end(End end, std::optional<std::size_t> cut) {
  end_ = end;
  cut_ = cut;
  return *this;
}

void FakeServer::Rule::release() {
  holds_ = false;
  for (const auto& peer : server_.peers_) {
    for (Outgoing& each : peer->out) {
      if (each.rule == this) each.ready = true;
    }
    server_.flush(*peer);
  }
}

bool FakeServer::Rule::takes(const Received& command) {
  if (!command.begins(first_)) return false;
  if (!word_.empty() && std::find(command.words.begin(), command.words.end(), word_) == command.words.end())
    return false;
  if (after_ > 0) {
    --after_;
    return false;
  }
  if (times_ && used_ >= *times_) return false;
  ++used_;
  return true;
}

}  // namespace orderd::test
