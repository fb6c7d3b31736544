#include "valkey/error.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "support/text.h"

namespace orderd::valkey {
namespace {

const std::vector<std::pair<std::string, ErrorKind>> kErrors = {
    {"NOSCRIPT No matching script. Please use EVAL.", ErrorKind::kNoScript},
    {"OOM command not allowed when used memory > 'maxmemory'.", ErrorKind::kUnavailable},
    {"MISCONF Errors writing to the AOF file: No space left on device", ErrorKind::kUnavailable},
    {"NOREPLICAS Not enough good replicas to write.", ErrorKind::kUnavailable},
    {"LOADING Valkey is loading the dataset in memory", ErrorKind::kUnavailable},
    {"BUSY Valkey is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
     ErrorKind::kUnavailable},
    {"TRYAGAIN Multiple keys request during rehashing of slot", ErrorKind::kUnavailable},
    {"CLUSTERDOWN The cluster is down", ErrorKind::kUnavailable},
    {"MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", ErrorKind::kUnavailable},
    {"UNKILLABLE Sorry the script already executed write commands against the dataset.", ErrorKind::kUnavailable},
    {"READONLY You can't write against a read only replica.", ErrorKind::kRoleChanged},
    {"UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)",
     ErrorKind::kRoleChanged},
    {"MOVED 3999 127.0.0.1:6381", ErrorKind::kMoved},
    {"ASK 3999 127.0.0.1:6381", ErrorKind::kUnavailable},
    {"NOGROUP No such key 'orders' or consumer group 'orderd' in XREADGROUP with GROUP option", ErrorKind::kFault},
    {"NOAUTH Authentication required.", ErrorKind::kRefused},
    {"WRONGPASS invalid username-password pair or user is disabled.", ErrorKind::kRefused},
    {"NOPERM User orderd has no permissions to run the 'xadd' command", ErrorKind::kRefused},
    {"WRONGTYPE Operation against a key holding the wrong kind of value", ErrorKind::kFault},
    {"ERR unknown command 'FOO', with args beginning with: ", ErrorKind::kFault},
    {"CROSSSLOT Keys in request don't hash to the same slot", ErrorKind::kFault},
    {"EXECABORT Transaction discarded because of previous errors.", ErrorKind::kFault},
};

TEST_CASE("the first word of an error decides its kind, with a script's suffix, alone, and nowhere else") {
  for (const auto& row : kErrors) {
    const auto& [text, kind] = row;
    CAPTURE(row.first);
    CHECK(classify(text) == kind);
    CHECK(classify(text + " script: 2067d915024a3e1657c4169c84f809f8ebec8f4a, on @user_script:4.") == kind);
    CHECK(classify(text.substr(0, text.find(' '))) == kind);
    if (!test::contains(text, "during rehashing")) CHECK(classify("ERR " + text) == ErrorKind::kFault);
    CHECK(classify(" " + text) == ErrorKind::kFault);
    CHECK(classify("-" + text) == ErrorKind::kFault);
  }
  CHECK(classify("OOM command not allowed under OOM prevention., script: 2067d915, on @user_script:4.") ==
        ErrorKind::kUnavailable);
  // A script that lacks a right reports ERR.
  CHECK(classify("ERR ACL failure in script: User orderd has no permissions to run the 'xadd' command") ==
        ErrorKind::kRefused);
}

TEST_CASE("only the whole word counts") {
  for (const std::string text :
       {"", "BUSYGROUP Consumer Group name already exists", "BUSYKEY Target key name already exists.", "OOMs", "OO",
        "NOSCRIPTS", "oom command", "Moved 1", "ASKING", "NOGROUP: none", "MOVED\t1", "ERR no such key",
        "WRONGTYPE key results: Operation against a key holding the wrong kind of value",
        "WRONGTYPE key non local key: Operation against a key holding the wrong kind of value"}) {
    CHECK_MESSAGE(classify(text) == ErrorKind::kFault, text);
  }
  for (const std::string text : {"MOVED 3999 127.0.0.1:6381", "MOVED", "MOVED "}) CHECK(first_word(text) == "MOVED");
  CHECK(first_word(" MOVED") == "");
  CHECK(first_word("") == "");
}

TEST_CASE("keys in migration are waited for, even if a script meets them") {
  for (const std::string text :
       {"ERR Script attempted to access a non local key in a cluster node",
        "ERR Script attempted to access a non local key in a cluster node script: 2067d915, on @user_script:4.",
        "ERR Multiple keys request during rehashing of slot",
        "ERR key orders: Script attempted to access a non local key in a cluster node",
        "TRYAGAIN Multiple keys request during rehashing of slot", "ASK 5 10.0.0.2:6379"}) {
    CHECK_MESSAGE(classify(text) == ErrorKind::kUnavailable, text);
    CHECK_MESSAGE(is_about_moving_slot(text), text);
  }
  for (const std::string text :
       {"MOVED 5 10.0.0.2:6379", "CLUSTERDOWN The cluster is down", "OOM no", "ERR no such key", ""})
    CHECK_FALSE_MESSAGE(is_about_moving_slot(text), text);
}

TEST_CASE("a denied optional command does not close the connection") {
  for (const std::string text :
       {"NOPERM this user has no permissions to run the 'info' command",
        "ERR unknown command 'HELLO', with args beginning with: ", "ERR unknown subcommand 'SETNAME'",
        "NOPROTO unsupported protocol version", "ERR command is disabled"}) {
    CHECK_MESSAGE(denies_command(text), text);
  }
  for (const std::string text :
       {"NOAUTH Authentication required.", "ERR max number of clients reached",
        "ERR max number of clients + cluster connections reached", "DENIED Valkey is running in protected mode",
        "LOADING Valkey is loading the dataset in memory", "BUSY Valkey is busy running a script.",
        "WRONGPASS invalid username-password pair", ""}) {
    CHECK_FALSE_MESSAGE(denies_command(text), text);
  }
}

}  // namespace
}  // namespace orderd::valkey
