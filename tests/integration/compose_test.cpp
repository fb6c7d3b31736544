// docker-compose.yml, as far as it can be tested without docker.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "integration/orderctl_desk.h"
#include "support/temporary_directory.h"
#include "support/wait_for.h"

namespace orderd::test {
namespace {

using namespace std::chrono_literals;

const std::string kRoot = ORDERD_SOURCE_DIR;

Ran run(const Words& words, const Words& environment = {}) {
  return outcome_of(Process(words, {.environment = environment}));
}

Ran compose_config(const std::string& environment_file) {
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
  const Ran ran = compose_config(files.file("empty"));
  CHECK(ran.status != 0);
  CHECK_MESSAGE(ran.complains("run tools/compose-secrets"), ran.errors);
}

TEST_CASE("docker compose accepts its file and opens no port to other machines") {
  const TemporaryDirectory root;
  CHECK(run({kRoot + "/tools/compose-secrets", root.path()}).status == 0);
  const Ran ran = compose_config(root.file(".env"));
  REQUIRE_MESSAGE(ran.status == 0, ran.errors);
  CHECK_FALSE(ran.says("replace-this-password"));
  for (const char* service : {"valkey", "orderd-1", "orderd-2", "prometheus", "grafana"}) {
    CHECK(ran.says("\n  " + std::string(service) + ":\n"));
  }
  // An older docker-compose prints a port as one line, a newer one as several.
  std::istringstream lines(ran.output);
  std::size_t ports = 0, local = 0;
  for (std::string line; std::getline(lines, line);) {
    ports += contains(line, "- 127.0.0.1:") || contains(line, "published: ") ? 1 : 0;
    local += contains(line, "- 127.0.0.1:") || contains(line, "host_ip: 127.0.0.1") ? 1 : 0;
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
  CHECK_FALSE(contains(users, "replace-this-password"));
  CHECK_FALSE(contains(users, password));
  // A second run keeps them.
  CHECK(run({kRoot + "/tools/compose-secrets", root.path()}).status == 0);
  CHECK(first_line(root.file("secrets/orderd.password")) == password);

  // Like the service valkey, on a socket.
  const std::string socket = root.file("s");
  Process server({"valkey-server", kRoot + "/config/valkey.conf", "--port", "0", "--unixsocket", socket, "--dir",
                  root.path(), "--protected-mode", "no", "--aclfile", root.file("secrets/users.acl")});
  const auto ping = [&](const std::vector<std::string>& login) {
    return run(joined(joined({"valkey-cli", "-s", socket}, login), {"ping"})).output;
  };
  wait_for([&] { return ping({}).starts_with("NOAUTH"); }, 20s, "the server");
  for (const std::string user : {"orderd", "producer", "backend", "reader", "operator", "monitor"}) {
    CAPTURE(user);
    const std::string right = first_line(root.file("secrets/" + user + ".password"));
    CHECK(ping({"--user", user, "--pass", right, "--no-auth-warning"}) == "PONG\n");
    CHECK_FALSE(contains(ping({"--user", user, "--pass", "replace-this-password", "--no-auth-warning"}), "PONG"));
  }

  const std::vector<std::string> environment = {"ORDERD_VALKEY_URL=unix://" + socket, "ORDERD_VALKEY_USERNAME=orderd",
                                                "ORDERD_VALKEY_PASSWORD_FILE=" + root.file("secrets/orderd.password"),
                                                "ORDERD_PROCESSING_NAME=orderd-1", "ORDERD_ADMIN_LISTEN="};
  // The health check of the image, with the daemon's own user.
  const auto health = [&] { return run({ORDERCTL_PATH, "status", "--check"}, environment).status; };
  CHECK(health() == 1);
  Process daemon({ORDERD_PATH}, {.environment = environment});
  wait_for([&] { return health() == 0; }, 20s, "orderd to be healthy");
  end(daemon);
  end(server);
}

TEST_CASE("Prometheus accepts its file and the alerts and each alert fires when it should") {
  const std::string directory = kRoot + "/config/prometheus/";
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"promtool", "check", "config", directory + "prometheus.yml"},
                                             {"promtool", "test", "rules", directory + "alerts_test.yml"}}) {
    const Ran ran = run(words);
    CHECK_MESSAGE(ran.status == 0, ran.output, ran.errors);
  }
}

}  // namespace orderd::test
