// Follows the commands and replies of one proxied connection, and inserts the faults of triggers between their bytes.
#pragma once

#include "order-chaos/proxy/proxy_pipe.h"
#include "order-chaos/proxy/resp_splitter.h"

namespace orderd::test {

class ProxyFollower {
 public:
  // Writes into these pipes, which must outlive it.
  ProxyFollower(ProxyState& state, ProxyPipe& to_server, ProxyPipe& to_client)
      : state_(state), to_server_(to_server), to_client_(to_client) {}

  void from_client(std::string_view bytes);
  void from_server(std::string_view bytes);
  // The client sent EOF: an unfinished command is forwarded as is.
  void client_ended();

  // First words of the last command; empty: none yet.
  [[nodiscard]] const std::string& last_command() const { return last_command_; }

 private:
  // A command begins with these bytes. Returns the trigger that loses it and all that follows, if any.
  [[nodiscard]] ArmedTrigger* announce(std::string_view command);
  void begin_reply();
  // The fault of the reply that is coming.
  [[nodiscard]] Trigger::What fault() const { return now_ == nullptr ? Trigger::What::kNothing : now_->trigger.what; }
  void play_before_reply();
  [[nodiscard]] bool cut_is_due() const;
  // Counts the fault of this reply, and ends the connection as the trigger requires.
  void play(const char* kind);
  static void then_to(ProxyPipe& pipe, const Trigger& trigger);

  ProxyState& state_;
  ProxyPipe& to_server_;
  ProxyPipe& to_client_;
  bool following_ = true;

  std::string command_;     // incomplete
  std::size_t split_ = 0;   // bytes of it that the splitter has seen
  bool announced_ = false;  // the command is so long that its beginning was forwarded
  RespSplitter commands_;
  std::string last_command_;

  // The trigger of each command that waits for its reply; null: none.
  std::deque<ArmedTrigger*> expected_;
  RespSplitter replies_;
  ArmedTrigger* now_ = nullptr;  // of the reply that is coming
  bool in_reply_ = false;
  bool dropping_ = false;
  std::size_t entries_ = 0;
  std::size_t reply_bytes_ = 0;
};

}  // namespace orderd::test
