// What an error reply of the server asks of us, told by its first word: scripts put a suffix behind the rest.
#pragma once

#include <string>
#include <string_view>

namespace orderd::valkey {

enum class ErrorKind {
  kNone,         // no error
  kLost,         // no reply: the connection ended; the outcome is unknown
  kNoScript,     // NOSCRIPT: load the scripts, send again in order
  kUnavailable,  // OOM MISCONF NOREPLICAS LOADING BUSY TRYAGAIN CLUSTERDOWN MASTERDOWN: wait, it is no fault of the
                 // command
  kRoleChanged,  // READONLY UNBLOCKED: this node is no primary any more: connect anew
  kMoved,        // MOVED ASK: the slot lives elsewhere
  kNoGroup,      // NOGROUP: the consumer group or its stream is missing
  kRefused,      // NOAUTH WRONGPASS NOPERM, ERR ACL failure: what we are may not do this
  kFault,        // WRONGTYPE and all others: somebody has to look
};

// `text`: an error reply without its leading '-'.
[[nodiscard]] ErrorKind classify(std::string_view text);
// The first word of `text`.
[[nodiscard]] std::string_view first_word(std::string_view text);

// An operating error: what it asks for and one sentence for a person.
struct Error {
  ErrorKind kind = ErrorKind::kNone;
  std::string what;
};

}  // namespace orderd::valkey
