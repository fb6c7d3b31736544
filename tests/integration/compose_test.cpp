// docker-compose.yml, as far as it can be tested without docker.
#include <doctest/doctest.h>
#include <signal.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "support/process.h"
#include "support/temporary_directory.h"
#include "support/valkey_helpers.h"
#include "support/valkey_server.h"
#include "support/wait_for.h"

namespace orderd::test {
namespace {

using namespace std::chrono_literals;

const std::string kRoot = ORDERD_SOURCE_DIR;

struct Outcome {
  int status = 0;
  std::string output;
  std::string errors;
};

Outcome run(const std::vector<std::string>& words, const std::vector<std::string>& environment = {}) {
  ProcessOptions options;
  options.environment = environment;
  Process process(words, options);
  const int status = process.wait(60s);
  return {status, process.output(), process.errors()};
}

Outcome compose_config(const std::string& environment_file) {
  // Variables override the file.
  return run({"env", "-u", "ORDERD_SECRETS", "-u", "ORDERD_USER", "docker-compose", "-f", kRoot + "/docker-compose.yml",
              "--env-file", environment_file, "config"});
}

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace

TEST_CASE("docker compose starts nothing without passwords and says how to create them") {
  const TemporaryDirectory files;
  std::ofstream(files.file("empty")).close();
  const Outcome outcome = compose_config(files.file("empty"));
  CHECK(outcome.status != 0);
  CHECK_MESSAGE(outcome.errors.find("run tools/compose-secrets") != std::string::npos, outcome.errors);
}

TEST_CASE("docker compose accepts its file and opens no port to other machines") {
  const TemporaryDirectory root;
  CHECK(run({kRoot + "/tools/compose-secrets", root.path()}).status == 0);
  const Outcome outcome = compose_config(root.file(".env"));
  REQUIRE_MESSAGE(outcome.status == 0, outcome.errors);
  CHECK(outcome.output.find("replace-this-password") == std::string::npos);
  for (const char* service : {"valkey", "orderd-1", "orderd-2", "prometheus", "grafana"}) {
    CHECK(outcome.output.find("\n  " + std::string(service) + ":\n") != std::string::npos);
  }
  // An older docker-compose prints a port as one line, a newer one as several.
  std::istringstream lines(outcome.output);
  std::size_t ports = 0, local = 0;
  for (std::string line; std::getline(lines, line);) {
    ports += line.find("- 127.0.0.1:") != std::string::npos || line.find("published: ") != std::string::npos ? 1 : 0;
    local +=
        line.find("- 127.0.0.1:") != std::string::npos || line.find("host_ip: 127.0.0.1") != std::string::npos ? 1 : 0;
  }
  CHECK(ports == 4);
  CHECK(local == ports);
}

TEST_CASE("the generated passwords let in exactly their users") {
  const TemporaryDirectory root;
  REQUIRE(run({kRoot + "/tools/compose-secrets", root.path()}).status == 0);
  const std::string password = first_line(root.file("secrets/orderd.password"));
  CHECK(password.size() == 32);
  CHECK(password != first_line(root.file("secrets/operator.password")));
  const std::string users = run({"cat", root.file("secrets/users.acl")}).output;
  CHECK(users.find("replace-this-password") == std::string::npos);
  CHECK(users.find(password) == std::string::npos);
  // A second run keeps them.
  CHECK(run({kRoot + "/tools/compose-secrets", root.path()}).status == 0);
  CHECK(first_line(root.file("secrets/orderd.password")) == password);

  // Like the service valkey, on a socket.
  const std::string socket = root.file("s");
  Process server({"valkey-server", kRoot + "/config/valkey.conf", "--port", "0", "--unixsocket", socket, "--dir",
                  root.path(), "--protected-mode", "no", "--aclfile", root.file("secrets/users.acl")});
  const auto ping = [&](const std::vector<std::string>& login) {
    std::vector<std::string> words = {"valkey-cli", "-s", socket};
    words.insert(words.end(), login.begin(), login.end());
    words.emplace_back("ping");
    return run(words).output;
  };
  wait_for([&] { return ping({}).starts_with("NOAUTH"); }, 20s, "the server");
  for (const std::string user : {"orderd", "producer", "backend", "reader", "operator", "monitor"}) {
    CAPTURE(user);
    const std::string right = first_line(root.file("secrets/" + user + ".password"));
    CHECK(ping({"--user", user, "--pass", right, "--no-auth-warning"}) == "PONG\n");
    CHECK(ping({"--user", user, "--pass", "replace-this-password", "--no-auth-warning"}).find("PONG") ==
          std::string::npos);
  }

  const std::vector<std::string> environment = {"ORDERD_VALKEY_URL=unix://" + socket, "ORDERD_VALKEY_USERNAME=orderd",
                                                "ORDERD_VALKEY_PASSWORD_FILE=" + root.file("secrets/orderd.password"),
                                                "ORDERD_PROCESSING_NAME=orderd-1", "ORDERD_ADMIN_LISTEN="};
  ProcessOptions options;
  options.environment = environment;
  // The health check of the image, with the daemon's own user.
  const auto health = [&] { return run({ORDERCTL_PATH, "status", "--check"}, environment).status; };
  CHECK(health() == 1);
  Process daemon({ORDERD_PATH}, options);
  wait_for([&] { return health() == 0; }, 20s, "orderd to be healthy");
  daemon.signal(SIGTERM);
  CHECK(daemon.wait() == 0);
  server.signal(SIGTERM);
  CHECK(server.wait() == 0);
}

TEST_CASE("Prometheus accepts its file and the alerts and each alert fires when it should") {
  const std::string directory = kRoot + "/config/prometheus/";
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"promtool", "check", "config", directory + "prometheus.yml"},
                                             {"promtool", "test", "rules", directory + "alerts_test.yml"}}) {
    const Outcome outcome = run(words);
    CHECK_MESSAGE(outcome.status == 0, outcome.output, outcome.errors);
  }
}

}  // namespace orderd::test
