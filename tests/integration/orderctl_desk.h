// An operator's desk: its own server, and orderctl run like from a shell.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "support/daemon.h"
#include "support/process.h"
#include "support/text.h"
#include "support/valkey_helpers.h"
#include "support/valkey_server.h"
#include "support/wait_for.h"

namespace orderd::test {

using Json = nlohmann::ordered_json;
using Words = std::vector<std::string>;

// The outcome of a command.
struct Ran {
  int status = -1;
  std::string output;
  std::string errors;
  Words words = {};  // the command, for messages

  // The lines of the output, each of which must be JSON.
  [[nodiscard]] std::vector<Json> json() const;
  // This member of each, which must be a string.
  [[nodiscard]] std::vector<std::string> column(const std::string& name) const;
  // The lines of the output with runs of spaces collapsed; below, the one that begins with `word`, or nothing.
  [[nodiscard]] std::vector<std::string> rows() const;
  [[nodiscard]] std::string row(const std::string& word) const;
  [[nodiscard]] bool says(const std::string& part) const { return contains(output, part); }
  [[nodiscard]] bool complains(const std::string& part) const { return contains(errors, part); }
};

// Expects exit status 0 and each of these parts in standard output. Returns its argument.
Ran succeeded(Ran ran, const Words& parts = {});
// Expects this exit status and each of these parts in standard error. Returns its argument.
Ran failed(Ran ran, const Words& parts, int status = 1);
// Expects each of these among the rows; a * in it stands for any text.
void check_rows(const Ran& ran, const Words& rows);
// Expects these values. A name is a path: "waiting/count", "standby/0/name".
void check_values(const Json& json, const std::vector<std::pair<std::string, Json>>& expected);

// `path` with `words`, without the caller's ORDERD_ variables.
[[nodiscard]] Words clean_command(const std::string& path, const Words& words);
// Waits until a program has exited.
[[nodiscard]] Ran outcome_of(Process&& process, std::chrono::milliseconds deadline = std::chrono::minutes(1));
// orderctl with only these arguments; below, with the server's address, too.
[[nodiscard]] Ran orderctl(const Words& words, const ProcessOptions& options = {});
[[nodiscard]] Ran orderctl_at(const std::string& url, const Words& words, const ProcessOptions& options = {});
// The settings for lanes of these names ("a,b"): {a}:orders, {a}:results, {a}:stock:<sku>.
[[nodiscard]] Words lane_settings(const std::string& names);
// Waits until every request of an orders stream is settled, and expects their results to be in order: one each.
void check_settled(valkey::SyncClient& client, const std::string& orders, const std::string& results);

// Text as lines.
[[nodiscard]] std::vector<std::string> lines_of(const std::string& text);
[[nodiscard]] std::vector<Json> json_lines(const std::string& text);

// A pipe at which a script waits, "read -r go < FILE", until it is opened.
struct Gate {
  Gate();
  void open() const;
  TemporaryDirectory directory;
  const std::string file = directory.file("gate");
};

class Desk {
 public:
  explicit Desk(const ServerOptions& options = {}) : server_(options), admin_(server_.client()) {}

  // orderctl with the server's address.
  [[nodiscard]] Ran run(const Words& words, const ProcessOptions& options = {}) const {
    return orderctl_at(url(), words, options);
  }
  // The same in the background; below, in a bash script as $ORDERCTL; below, orderd.
  [[nodiscard]] Process start(const Words& words, const ProcessOptions& options = {}) const;
  [[nodiscard]] Process start_script(const std::string& script, const Words& environment = {}) const;
  [[nodiscard]] Process start_orderd(const Words& words = {}) const;

  [[nodiscard]] ValkeyServer& server() { return server_; }
  // What an administrator sees and does at the server. After a restart of the server, call connect() first.
  [[nodiscard]] valkey::SyncClient& admin() { return admin_; }
  void connect() { admin_ = server_.client(); }
  [[nodiscard]] std::string url() const { return "unix://" + server_.endpoint().path; }

 private:
  ValkeyServer server_;
  valkey::SyncClient admin_;
};

}  // namespace orderd::test
