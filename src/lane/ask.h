// A command whose reply goes to a function; one at a time. For occasional commands: the order path has its own Calls.
#pragma once

#include <functional>
#include <utility>

#include "valkey/link.h"

namespace orderd::lane {

class Ask : private valkey::Call {
 public:
  using Answered = std::function<void(const valkey::Reply& reply)>;

  // `answered` gets every reply, also a lost() one.
  explicit Ask(Answered answered) : answered_(std::move(answered)) {
    done = [](valkey::Call& call, const valkey::Reply& reply) {
      auto& self = static_cast<Ask&>(call);
      self.busy_ = false;
      self.answered_(reply);
    };
  }
  Ask(const Ask&) = delete;
  Ask& operator=(const Ask&) = delete;

  // On the settling channel. Not while one is in flight. False: the link is not up.
  bool send(valkey::Link& link, const valkey::Command& command) {
    ORDERD_CHECK(!busy_, "a command before the reply to the last one");
    busy_ = true;  // order matters: the reply never comes before send() returns
    if (!link.send(valkey::Channel::kSettling, *this, command)) busy_ = false;
    return busy_;
  }
  [[nodiscard]] bool busy() const { return busy_; }

 private:
  Answered answered_;
  bool busy_ = false;
};

}  // namespace orderd::lane
