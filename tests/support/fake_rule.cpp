// How a test scripts a command.
#include <strings.h>

#include <algorithm>

#include "support/fake_server.h"

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
