// docker-compose.yml, as far as it can be tested without docker.
#include "integration/replay_desk.h"

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

// A directory with new passwords.
struct Secrets : TemporaryDirectory {
  Secrets() { make(); }
  void make() const { succeeded(run({kRoot + "/tools/compose-secrets", path()})); }
  [[nodiscard]] std::string password(const std::string& user) const {
    return lines_of(content_of(file("secrets/" + user + ".password"))).at(0);
  }
};

}  // namespace

TEST_CASE("docker compose starts nothing without passwords and says how to create them") {
  const TemporaryDirectory files;
  write_file(files.file("empty"), "");
  const Ran ran = compose_config(files.file("empty"));
  CHECK(ran.status != 0);
  CHECK_MESSAGE(ran.complains("run tools/compose-secrets"), ran.errors);
}

TEST_CASE_FIXTURE(TemporaryDirectory,
                  "the containers may read the settings of a checkout that only its owner may read") {
  succeeded(run({"sh", "-ec", R"(umask 077; mkdir "$1/tools"; cp "$0/tools/compose-secrets" "$1/tools"
                                cp -R "$0/config" "$1"; "$1/tools/compose-secrets")",
                 kRoot, path()}));
  CHECK(succeeded(run({"find", file("config"), "!", "-perm", "-go=rX"})).output == "");
}

TEST_CASE_FIXTURE(Secrets, "docker compose accepts its file and opens no port to other machines") {
  const Ran ran = succeeded(compose_config(file(".env")));
  CHECK_FALSE(ran.says("replace-this-password"));
  for (const std::string service : {"valkey", "orderd-1", "orderd-2", "prometheus", "grafana"}) {
    CHECK(ran.says("\n  " + service + ":\n"));
  }
  // An older docker-compose prints a port as one line, a newer one as several.
  const std::size_t short_form = count_of(ran.output, "- 127.0.0.1:");
  CHECK(short_form + count_of(ran.output, "published: ") == 4);
  CHECK(short_form + count_of(ran.output, "host_ip: 127.0.0.1") == 4);
}

TEST_CASE_FIXTURE(Secrets, "the generated passwords let in exactly their users") {
  const std::string of_orderd = password("orderd");
  CHECK(of_orderd.size() == 32);
  CHECK(of_orderd != password("operator"));
  const std::string users = content_of(file("secrets/users.acl"));
  CHECK_FALSE(contains(users, "replace-this-password"));
  CHECK_FALSE(contains(users, of_orderd));
  make();
  CHECK(password("orderd") == of_orderd);  // A second run keeps them.

  // Like the service valkey, on a socket.
  const std::string socket = file("s");
  Process server({"valkey-server", kRoot + "/config/valkey.conf", "--port", "0", "--unixsocket", socket, "--dir",
                  path(), "--protected-mode", "no", "--aclfile", file("secrets/users.acl")});
  const auto ping = [&](const Words& login) {
    return run(joined(joined({"valkey-cli", "-s", socket}, login), {"ping"})).output;
  };
  wait_for([&] { return ping({}).starts_with("NOAUTH"); }, 20s, "the server");
  for (const std::string user : {"orderd", "producer", "backend", "reader", "operator", "monitor"}) {
    CAPTURE(user);
    CHECK(ping({"--user", user, "--pass", password(user), "--no-auth-warning"}) == "PONG\n");
    CHECK_FALSE(contains(ping({"--user", user, "--pass", "replace-this-password", "--no-auth-warning"}), "PONG"));
  }

  const Words environment = {"ORDERD_VALKEY_URL=unix://" + socket, "ORDERD_VALKEY_USERNAME=orderd",
                             "ORDERD_VALKEY_PASSWORD_FILE=" + file("secrets/orderd.password"),
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
  for (const Words& words : {Words{"check", "config", directory + "prometheus.yml"},
                             Words{"test", "rules", directory + "alerts_test.yml"}}) {
    succeeded(run(joined({"promtool"}, words)));
  }
}

}  // namespace orderd::test
