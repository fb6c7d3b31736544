// A server may deny any command to a user, or have it renamed: what is asked for information only must not stop the
// rest.
#include "orderctl/questions.h"

#include "shared/output.h"
#include "valkey/error.h"

namespace orderd::tools {

valkey::OwnedReply Questions::ask(std::string_view name, std::string_view key, const valkey::Command& command) {
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

}  // namespace orderd::tools
