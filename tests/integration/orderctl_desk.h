// An operator's desk: a server of its own, and orderctl as the shell runs it.
#pragma once

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/process.h"
#include "support/valkey_helpers.h"
#include "support/valkey_server.h"

namespace orderd::test {

using Json = nlohmann::ordered_json;
using Words = std::vector<std::string>;

// What a command left behind.
struct Ran {
  int status = -1;
  std::string output;
  std::string errors;

  // The lines of the output, each of which has to be JSON.
  [[nodiscard]] std::vector<Json> json() const;
  // Of the output's lines the one that begins with `word`, its runs of spaces as one; empty where there is none.
  [[nodiscard]] std::string row(const std::string& word) const;
  [[nodiscard]] bool says(const std::string& part) const { return output.find(part) != std::string::npos; }
  [[nodiscard]] bool complains(const std::string& part) const { return errors.find(part) != std::string::npos; }
};

// `path` with `words`, and none of the ORDERD_ variables of who runs the tests.
[[nodiscard]] Words clean_command(const std::string& path, const Words& words);
// orderctl with nothing but these.
[[nodiscard]] Ran orderctl(const Words& words, const ProcessOptions& options = {});
// Text in lines.
[[nodiscard]] std::vector<std::string> lines_of(const std::string& text);
[[nodiscard]] std::vector<Json> json_lines(const std::string& text);

class Desk {
 public:
  explicit Desk(const ServerOptions& options = {}) : server_(options), admin_(server_.client()) {}

  // orderctl with the server's address.
  [[nodiscard]] Ran run(const Words& words, const ProcessOptions& options = {}) const {
    return orderctl(with_url(words), options);
  }
  // The same, going on beside the test; and orderd.
  [[nodiscard]] Process start(const Words& words, const ProcessOptions& options = {}) const;
  [[nodiscard]] Process start_orderd(const Words& words = {}) const;

  [[nodiscard]] ValkeyServer& server() { return server_; }
  // What a person at the server sees and does. After a restart of the server: connect() first.
  [[nodiscard]] valkey::SyncClient& admin() { return admin_; }
  void connect() { admin_ = server_.client(); }
  [[nodiscard]] std::string url() const { return "unix://" + server_.endpoint().path; }

 private:
  [[nodiscard]] Words with_url(const Words& words) const;

  ValkeyServer server_;
  valkey::SyncClient admin_;
};

}  // namespace orderd::test
