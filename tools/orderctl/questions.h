// One question to the server after the other, where an answer that is denied is "not known" and not a failure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "shared/client.h"

namespace orderd::tools {

class Questions {
 public:
  explicit Questions(Client& client) : client_(client) {}

  // The reply; an error only where it says that the key does not exist. It is lost() where the answer is not known: the
  // server denies the command or does not have it, the key holds another type, or an earlier question has failed.
  // `name`: of the command, `key`: that it reads, if any; for messages.
  [[nodiscard]] valkey::OwnedReply ask(std::string_view name, std::string_view key, const valkey::Command& command);

  // A failure: the connection was lost, the server cannot answer now, or it has denied everything.
  [[nodiscard]] Result<bool> outcome() const;
  // What was denied, and which keys hold another type; one sentence each.
  [[nodiscard]] std::vector<std::string> warnings() const;
  // The latter alone.
  [[nodiscard]] const std::vector<std::string>& wrong_types() const { return wrong_types_; }

 private:
  Client& client_;
  std::string failure_;
  bool answered_ = false;  // at least once
  std::string denied_;     // the commands
  std::string denial_;     // the server's words for the first of them
  std::vector<std::string> wrong_types_;
};

}  // namespace orderd::tools
