// How to respond to an error reply. Its first word decides: scripts append a suffix to the rest.
#pragma once

#include <string>
#include <string_view>

namespace orderd::valkey {

enum class ErrorKind {
  kNone,         // no error
  kLost,         // no reply: the connection ended; the outcome is unknown
  kNoScript,     // NOSCRIPT: load the scripts, send again in order
  kUnavailable,  // OOM MISCONF NOREPLICAS LOADING BUSY TRYAGAIN ASK CLUSTERDOWN MASTERDOWN, or keys of a
                 // moving slot: wait and retry; the command is valid
  kRoleChanged,  // READONLY UNBLOCKED: this node is no longer the primary: reconnect
  kMoved,        // MOVED: another node serves this slot
  kRefused,      // NOAUTH WRONGPASS NOPERM, ERR ACL failure: this user lacks a right
  kUnfit,        // never from classify(): the server is unsuitable (see server.h); an operator has to act
  kFault,        // WRONGTYPE NOGROUP and all others: an operator has to act
};

// `text`: an error reply without its leading '-'.
[[nodiscard]] ErrorKind classify(std::string_view text);
// Whether the server denies only this command: the user may not run it, or the server does not have it. A client that
// does not need the reply may continue. NOAUTH, and errors before the server closes the connection, are different.
[[nodiscard]] bool denies_command(std::string_view text);
// Whether the slot of these keys is being moved, so that the command found only some of them.
[[nodiscard]] bool is_about_moving_slot(std::string_view text);
// The first word of `text`.
[[nodiscard]] std::string_view first_word(std::string_view text);

// An operating error: its kind, and one sentence for people.
struct Error {
  ErrorKind kind = ErrorKind::kNone;
  std::string what;
};

}  // namespace orderd::valkey
