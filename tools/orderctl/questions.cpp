// A server may deny any command to a user, or have it renamed. A question for information only must not stop the rest.
#include "orderctl/questions.h"

#include <algorithm>

#include "shared/options.h"
#include "shared/output.h"
#include "valkey/error.h"

namespace orderd::tools {

valkey::OwnedReply Questions::ask_command(std::string_view name, std::string_view key, const valkey::Command& command) {
  valkey::OwnedReply nothing(nullptr);
  if (!failure_.empty()) return nothing;
  auto reply = client_.call(command);
  if (!reply) {
    failure_ = reply.error();
    return nothing;
  }
  const std::string_view text = (*reply)->text();
  if (!(*reply)->is_error() || text.starts_with("ERR no such key")) {
    answered_ = true;
    return std::move(*reply);
  }
  if (text.starts_with("WRONGTYPE")) {
    answered_ = true;
    wrong_types_.push_back("the key '" + shown(key) + "' holds another type than orderd expects (" + std::string(name) +
                           ": WRONGTYPE); check the names in [streams], or rename or delete the key");
  } else if (valkey::denies_command(text)) {
    if (denial_.empty()) denial_ = client_.explain(text);
    denied_.append(denied_.empty() ? "" : ", ").append(name);
  } else {
    failure_ = client_.explain(text);
  }
  return nothing;
}

Questions::Fields Questions::fields_of(std::string_view info) {
  Fields fields;
  while (!info.empty()) {
    const std::string_view line = info.substr(0, info.find("\r\n"));
    info.remove_prefix(std::min(info.size(), line.size() + 2));
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos) fields.emplace(line.substr(0, colon), line.substr(colon + 1));
  }
  return fields;
}

std::optional<uint64_t> Questions::ask_time() {
  const valkey::OwnedReply reply = ask("TIME", "");
  const auto seconds = whole_of(reply->at(0).text());
  const auto microseconds = whole_of(reply->at(1).text());
  if (!seconds || !microseconds) return std::nullopt;
  return *seconds * 1000 + *microseconds / 1000;
}

Result<bool> Questions::outcome() const {
  if (!failure_.empty()) return Failure{failure_};
  if (!answered_ && !denial_.empty()) return Failure{denial_};
  return true;
}

std::vector<std::string> Questions::warnings() const {
  std::vector<std::string> out = wrong_types_;
  if (!denied_.empty()) out.push_back("not everything is known: the server denies " + denied_ + "; " + denial_);
  return out;
}

std::string value_in(const Questions::Fields& fields, std::string_view name) {
  const auto found = fields.find(name);
  return found == fields.end() ? "" : found->second;
}

}  // namespace orderd::tools
