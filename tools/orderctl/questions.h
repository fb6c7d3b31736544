// Asks a server for information. A command that it denies is "not known", not a failure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "shared/client.h"

namespace orderd::tools {

class Questions {
 public:
  explicit Questions(Client& client) : client_(client) {}

  // The reply to the command `name` (one or two words) with `key`, if it reads one, and `more` arguments. An error only
  // where it says that the key does not exist. It is lost() where the answer is not known: the server denies the
  // command or does not have it, the key holds another type, or an earlier question has failed.
  template <class... More>
  [[nodiscard]] valkey::OwnedReply ask(std::string_view name, std::string_view key, const More&... more) {
    valkey::Command command;
    const std::size_t space = name.find(' ');
    command.begin((space == std::string_view::npos ? 1 : 2) + (key.empty() ? 0 : 1) + sizeof...(more));
    command.add(name.substr(0, space));
    if (space != std::string_view::npos) command.add(name.substr(space + 1));
    if (!key.empty()) command.add(key);
    (command.add(more), ...);
    return ask_command(name, key, command);
  }

  // The fields of INFO with `sections`. Empty: not known.
  using Fields = std::map<std::string, std::string, std::less<>>;
  template <class... Sections>
  [[nodiscard]] Fields ask_info(const Sections&... sections) {
    return fields_of(ask("INFO", "", sections...)->text());
  }
  // Milliseconds since 1970 by the server's clock; nothing: not known.
  [[nodiscard]] std::optional<uint64_t> ask_time();

  // A failure: the connection was lost, the server cannot answer now, or it has denied everything.
  [[nodiscard]] Result<bool> outcome() const;
  // What was denied, and which keys hold another type; one sentence each.
  [[nodiscard]] std::vector<std::string> warnings() const;
  // The latter alone.
  [[nodiscard]] std::vector<std::string> wrong_types() const;
  // Whether the server has denied this command, of one or two words.
  [[nodiscard]] bool denies(std::string_view name) const { return denied_.contains(name); }

 private:
  [[nodiscard]] valkey::OwnedReply ask_command(std::string_view name, std::string_view key,
                                               const valkey::Command& command);
  [[nodiscard]] static Fields fields_of(std::string_view info);

  Client& client_;
  std::string failure_;
  bool answered_ = false;                           // at least once
  std::set<std::string, std::less<>> denied_;       // the commands
  std::string denial_;                              // the server's words for the first of them
  std::set<std::string, std::less<>> wrong_types_;  // the keys
};

// The value of `name`; empty if there is none.
[[nodiscard]] std::string value_in(const Questions::Fields& fields, std::string_view name);

// A consumer group that keeps a stream from being trimmed.
struct GroupWarning {
  std::string what;     // a clause: which group, which stream, how far behind
  std::string command;  // that deletes the group
};
// One for each group that has yet to read or to acknowledge what the retention would have trimmed. `now_ms`: the
// server's clock.
[[nodiscard]] std::vector<GroupWarning> find_slow_groups(Questions& questions, const settings::Settings& settings,
                                                         uint64_t now_ms);

}  // namespace orderd::tools
