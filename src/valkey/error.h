// What an error reply of the server asks of us. Its first word decides: scripts append a suffix to the rest.
#pragma once

#include <string>
#include <string_view>

namespace orderd::valkey {

enum class ErrorKind {
  kNone,         // no error
  kLost,         // no reply: the connection ended; the outcome is unknown
  kNoScript,     // NOSCRIPT: load the scripts, send again in order
  kUnavailable,  // OOM MISCONF NOREPLICAS LOADING BUSY TRYAGAIN ASK CLUSTERDOWN MASTERDOWN, or keys that are just being
                 // moved: wait and try again; the command is not at fault
  kRoleChanged,  // READONLY UNBLOCKED: this node is no longer a primary: reconnect
  kMoved,        // MOVED: another node serves this slot
  kRefused,      // NOAUTH WRONGPASS NOPERM, ERR ACL failure: this user may not do this
  kUnfit,        // never from classify(): this server cannot do the work (see server.h); somebody has to act
  kFault,        // WRONGTYPE NOGROUP and all others: somebody has to look
};

// `text`: an error reply without its leading '-'.
[[nodiscard]] ErrorKind classify(std::string_view text);
// Does the server deny just this command: the user may not run it, or the server does not have it? A client that can
// do without the command's answer may go on. NOAUTH and what is said before a server hangs up are not of that kind.
[[nodiscard]] bool denies_command(std::string_view text);
// Is the slot of these keys being moved to another node, so that the command found only some of them?
[[nodiscard]] bool is_about_moving_slot(std::string_view text);
// The first word of `text`.
[[nodiscard]] std::string_view first_word(std::string_view text);

// An operating error: what it asks for and one sentence for a person.
struct Error {
  ErrorKind kind = ErrorKind::kNone;
  std::string what;
};

}  // namespace orderd::valkey
