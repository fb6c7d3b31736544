// The connection to the server of the settings, with each failure as a sentence that says what to do.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "shared/program.h"
#include "valkey/error.h"
#include "valkey/sync_client.h"

namespace orderd::tools {

class Client {
 public:
  // `blocking`: how long the caller's commands may block at the server.
  [[nodiscard]] static Result<Client> connect(const settings::Settings& settings,
                                              std::chrono::milliseconds blocking = {});

  // One command, one reply. An error reply is a failure, in the words of explain().
  [[nodiscard]] Result<valkey::OwnedReply> ask(const valkey::Command& command);
  // The same, but an error reply is a result.
  [[nodiscard]] Result<valkey::OwnedReply> call(const valkey::Command& command) { return client_.call(command); }
  // See valkey::SyncClient: error replies are results.
  void append(const valkey::Command& command) { client_.append(command); }
  [[nodiscard]] Result<valkey::OwnedReply> read() { return client_.read(); }
  // Readable when the server has answered what was appended and flushed.
  [[nodiscard]] int descriptor() const { return client_.descriptor(); }
  // The connection itself, for a caller that has several commands outstanding.
  [[nodiscard]] valkey::SyncClient& connection() { return client_; }
  // Runs a script of lua/, whether or not the server has it loaded. An error reply is a result.
  [[nodiscard]] Result<valkey::OwnedReply> run(std::string_view script, const std::vector<std::string_view>& keys,
                                               const std::vector<std::string_view>& arguments);

  // An error reply of the server as a sentence: what it means and what to do.
  [[nodiscard]] std::string explain(std::string_view error) const;
  // May a command that got this error succeed on a new connection? Then connect again and send it again.
  [[nodiscard]] bool passes(valkey::ErrorKind kind) const {
    using valkey::ErrorKind;
    return kind == ErrorKind::kUnavailable || kind == ErrorKind::kRoleChanged ||
           (kind == ErrorKind::kMoved && cluster_);
  }
  // The server, without its password.
  [[nodiscard]] const std::string& server() const { return server_; }

 private:
  Client(valkey::SyncClient client, std::string server, bool cluster)
      : client_(std::move(client)), server_(std::move(server)), cluster_(cluster) {}
  valkey::SyncClient client_;
  std::string server_;
  bool cluster_;  // valkey.cluster: connect() finds the node that serves the keys
};

}  // namespace orderd::tools
