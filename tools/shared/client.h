// The connection to the server of the settings, with each failure as a sentence that says what to do.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "shared/program.h"
#include "valkey/sync_client.h"

namespace orderd::tools {

class Client {
 public:
  // `blocking`: for how long a command of the caller's may block at the server.
  [[nodiscard]] static Result<Client> connect(const settings::Settings& settings,
                                              std::chrono::milliseconds blocking = {});

  // One command, one reply. An error reply is a failure here: explain() worded it.
  [[nodiscard]] Result<valkey::OwnedReply> ask(const valkey::Command& command);
  // The same, and an error reply is a good result.
  [[nodiscard]] Result<valkey::OwnedReply> call(const valkey::Command& command) { return client_.call(command); }
  // As of valkey::SyncClient: error replies are good results.
  void append(const valkey::Command& command) { client_.append(command); }
  [[nodiscard]] Result<valkey::OwnedReply> read() { return client_.read(); }
  // As of valkey::SyncClient: nothing else may be asked then.
  [[nodiscard]] int socket() const { return client_.socket(); }
  // Runs a script of lua/, whether the server knows it or not. An error reply is a good result.
  [[nodiscard]] Result<valkey::OwnedReply> run(std::string_view script, const std::vector<std::string_view>& keys,
                                               const std::vector<std::string_view>& arguments);

  // What an error reply of the server means, and the way out.
  [[nodiscard]] std::string explain(std::string_view error) const;
  // The server, without its password.
  [[nodiscard]] const std::string& server() const { return server_; }

 private:
  Client(valkey::SyncClient client, std::string server) : client_(std::move(client)), server_(std::move(server)) {}
  valkey::SyncClient client_;
  std::string server_;
};

}  // namespace orderd::tools
