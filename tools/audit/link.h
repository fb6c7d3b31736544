// A connection that was signed in by somebody else: commands go out, replies are read as they come.
#pragma once

#include <functional>
#include <string>

#include "audit/resp_reader.h"
#include "base/result.h"
#include "valkey/command.h"

namespace orderd::audit {

class Link {
 public:
  // Puts an error reply into a sentence.
  using Explain = std::function<std::string(std::string_view)>;
  // `socket`: blocking, with its time-outs set; stays the caller's, who outlives this. `server`: its name, for errors.
  Link(int socket, std::string server, Explain explain)
      : socket_(socket), server_(std::move(server)), explain_(std::move(explain)) {}
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // No more than a few commands without reading their replies.
  [[nodiscard]] Result<bool> send(const valkey::Command& command);
  // The next reply, valid until the next call of anything. An error reply is a failure.
  [[nodiscard]] Result<RespView> receive();
  [[nodiscard]] Result<RespView> ask(const valkey::Command& command);
  // The replies of `commands`, carried out in one step. In the answer an element may be an error.
  [[nodiscard]] Result<RespView> ask_at_once(const std::vector<valkey::Command>& commands);
  // Of the reply received last.
  [[nodiscard]] std::size_t reply_bytes() const { return reader_.reply_bytes(); }
  [[nodiscard]] std::string explain(std::string_view error) const { return explain_(error); }

 private:
  [[nodiscard]] Failure lost() const;

  const int socket_;
  const std::string server_;
  const Explain explain_;
  RespReader reader_;
  bool ready_ = false;
};

}  // namespace orderd::audit
