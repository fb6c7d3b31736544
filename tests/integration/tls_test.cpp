// TLS to a real server: orders over it, a specific error for each mistake, and renewed certificates.
#include <csignal>
#include <filesystem>
#include <fstream>

#include "integration/replay_desk.h"
#include "support/certificates.h"
#include "support/wait_for.h"

namespace orderd::test {
namespace {

using std::chrono::seconds;

struct TlsServer {
  Authority authority{"orderd test CA"};
  CertificateFiles files;
  uint16_t port = free_port();
  uint16_t plain_port = 0;
  ValkeyServer server;
  valkey::SyncClient admin;

  // `names`: of the server's certificate.
  explicit TlsServer(const std::vector<std::string>& names = {"IP:127.0.0.1"}, Authority::Days days = Authority::Days(),
                     const Words& config = {"tls-auth-clients no"})
      : files(authority.sign("server", names, days)), server(options(config)), admin(server.client()) {
    plain_port = server.tcp_endpoint().port;
  }
  [[nodiscard]] ServerOptions options(const Words& config) const {
    return {.append_only = ServerOptions::AppendOnly::kEverySecond,
            .tcp = true,
            .config = joined(config, {"tls-port " + std::to_string(port), "tls-cert-file " + files.cert,
                                      "tls-key-file " + files.key, "tls-ca-cert-file " + authority.file()})};
  }
  [[nodiscard]] std::string url(const std::string& host = "127.0.0.1") const {
    return "valkeys://" + host + ":" + std::to_string(port);
  }
  [[nodiscard]] Words flags() const { return {"--valkey.url", url(), "--valkey.tls_ca_file", authority.file()}; }
  [[nodiscard]] Words flags(const CertificateFiles& client) const {
    return joined(flags(), {"--valkey.tls_cert_file", client.cert, "--valkey.tls_key_file", client.key});
  }
};

Ran run(const char* program, const Words& words) {
  return outcome_of(Process(clean_command(program, words)), seconds(120));
}

// The errors of the daemon and of orderctl about a server that they cannot reach.
std::vector<std::string> complaints(const Words& flags) {
  const Ran ran = orderctl(joined(flags, {"stock", "list"}));
  CHECK(ran.status == 1);
  Process daemon(clean_command(ORDERD_PATH, flags));
  wait_for([&] { return !daemon.running() || says(daemon, "connect"); }, seconds(20), "the daemon to complain");
  daemon.signal(SIGTERM);
  (void)daemon.wait();
  return {ran.errors, daemon.errors()};
}

void check_complaints(const Words& flags, const std::string& sentence) {
  for (const std::string& text : complaints(flags)) {
    CAPTURE(text);
    CHECK(contains(text, sentence));
    CHECK_FALSE(contains(text, "Success"));
  }
}

TEST_CASE("orders are sold over TLS with client certificates while connections are cut and the audit holds") {
  TlsServer server({"IP:127.0.0.1"}, {}, {"tls-auth-clients yes"});
  const auto flags = server.flags(server.authority.sign("client", {}));
  Process daemon(clean_command(ORDERD_PATH, flags));
  wait_to_say(daemon, "ready: ");
  const TemporaryDirectory files;
  const std::string file = files.file("w.ndjson");
  REQUIRE(
      run(ORDER_REPLAY_PATH, {"generate", "--orders", "30000", "--skus", "5", "--stock", "5000", "-o", file}).status ==
      0);
  Process replay(
      clean_command(ORDER_REPLAY_PATH, joined(flags, {"run", file, "--set-stock", "--max", "--wait", "--verify"})));
  for (int cut = 1; cut <= 5; ++cut) {
    const auto before = length(server.admin, "results");
    wait_for([&] { return length(server.admin, "results") > before || !replay.running(); }, seconds(60), "results");
    for (const auto& each : clients_named(server.admin, cut % 2 == 0 ? "orderd-read:" : "orderd-settle:")) {
      (void)send(server.admin, command_of({"CLIENT", "KILL", "ID", each.id}));
    }
  }
  CHECK_MESSAGE(replay.wait(seconds(120)) == 0, replay.errors());
  CHECK(length(server.admin, "results") >= 30000);
  const Ran audit = run(ORDERCTL_PATH, joined(flags, {"audit"}));
  CHECK_MESSAGE(audit.status == 0, audit.output, audit.errors);
  end(daemon);
}

TEST_CASE("an invalid certificate is refused with the reason") {
  SUBCASE("of another CA") {
    const TlsServer server;
    const Authority other("another CA");
    check_complaints({"--valkey.url", server.url(), "--valkey.tls_ca_file", other.file()},
                     "its certificate is signed by nobody in valkey.tls_ca_file");
  }
  SUBCASE("of no CA that the system trusts") {
    const TlsServer server;
    check_complaints({"--valkey.url", server.url()},
                     "its certificate is signed by nobody whom this system trusts; name its CA in valkey.tls_ca_file");
  }
  SUBCASE("for another name") {
    const TlsServer server({"DNS:valkey.example", "IP:10.0.0.1"});
    check_complaints(server.flags(),
                     "its certificate is for DNS:valkey.example, IP:10.0.0.1, not for 127.0.0.1; if that is right, set "
                     "valkey.tls_server_name");
    const Ran named = orderctl(joined(server.flags(), {"--valkey.tls_server_name", "valkey.example", "stock", "list"}));
    CHECK_MESSAGE(named.status == 0, named.errors);
    check_complaints(joined(server.flags(), {"--valkey.tls_server_name", "other.example"}), "not for other.example");
  }
  SUBCASE("expired") {
    const TlsServer server({"IP:127.0.0.1"}, {.before = 30, .after = -10});
    check_complaints(server.flags(), "its certificate has expired, on 20");
  }
  SUBCASE("not valid yet") {
    const TlsServer server({"IP:127.0.0.1"}, {.before = -10, .after = 30});
    check_complaints(server.flags(), "its certificate is not valid yet, but from 20");
  }
}

TEST_CASE("a host name is verified and a server with only an old TLS version is refused") {
  const TlsServer server({"DNS:localhost"});
  Words flags = server.flags();
  flags[1] = server.url("localhost");
  CHECK(orderctl(joined(flags, {"stock", "list"})).status == 0);
  const TlsServer old({"IP:127.0.0.1"}, {},
                      {"tls-auth-clients no", "tls-protocols TLSv1.1", "tls-ciphers DEFAULT@SECLEVEL=0"});
  check_complaints(old.flags(), "it does not speak TLS 1.2 or later");
}

TEST_CASE("a client certificate that is missing or from another CA is named") {
  Authority other("another CA");
  for (const char* protocol : {"TLSv1.2", "TLSv1.3"}) {
    CAPTURE(protocol);
    const TlsServer server({"IP:127.0.0.1"}, {}, {"tls-auth-clients yes", std::string("tls-protocols ") + protocol});
    check_complaints(server.flags(), "client certificate that it trusts");
    check_complaints(server.flags(other.sign("client", {})), "client certificate that it trusts");
  }
}

TEST_CASE("TLS to a plain port and the reverse are named") {
  const TlsServer server;
  Words flags = joined(server.flags(), {"--valkey.connect_timeout", "500ms"});
  flags[1] = "valkeys://127.0.0.1:" + std::to_string(server.plain_port);
  check_complaints(flags, "no answer to the TLS greeting; is this its plain port (valkey://)?");
  for (const std::string& text : complaints({"--valkey.url", "valkey://127.0.0.1:" + std::to_string(server.port)})) {
    CAPTURE(text);
    CHECK(contains(text, "is this a TLS port (valkeys://)?"));
  }
}

TEST_CASE("missing or mismatched files are usage errors that name the setting") {
  Authority authority("CA");
  const CertificateFiles one = authority.sign("one", {}), two = authority.sign("two", {});
  const std::string url = "valkeys://127.0.0.1:1";
  const auto check = [&](const Words& words, const std::string& sentence) {
    for (const auto& [program, action] : {std::pair(ORDERD_PATH, "--check"), std::pair(ORDERCTL_PATH, "status")}) {
      const Ran ran = run(program, joined(joined({"--valkey.url", url}, words), {action}));
      CAPTURE(ran.errors);
      CHECK(ran.status == 2);
      CHECK(ran.complains(sentence));
    }
  };
  check({"--valkey.tls_ca_file", "/nowhere/ca.pem"},
        "--valkey.tls_ca_file: \"/nowhere/ca.pem\" cannot be read: No such file or directory");
  check({"--valkey.tls_ca_file", one.key}, "holds no certificates in PEM format");
  check({"--valkey.tls_cert_file", one.cert},
        "valkey.tls_key_file is missing: a certificate and its key belong together");
  check({"--valkey.tls_key_file", one.key}, "valkey.tls_cert_file is missing");
  check({"--valkey.tls_cert_file", one.cert, "--valkey.tls_key_file", two.key},
        "is not the key of the certificate in valkey.tls_cert_file");
  check({"--valkey.tls_cert_file", one.cert, "--valkey.tls_key_file", one.cert}, "holds no private key in PEM format");
  const Ran plain =
      run(ORDERD_PATH, {"--valkey.url", "valkey://h", "--valkey.tls_ca_file", authority.file(), "--check"});
  CHECK(plain.status == 2);
  CHECK(plain.complains("valkey.url is without TLS; begin it with valkeys://, or remove this"));
}

TEST_CASE("renewed files are used by the next connection and invalid ones leave the old ones in use") {
  TlsServer server({"IP:127.0.0.1"}, {}, {"tls-auth-clients yes"});
  const CertificateFiles client = server.authority.sign("client", {});
  const TemporaryDirectory files;
  const std::string ca = files.file("ca.pem");
  std::filesystem::copy_file(server.authority.file(), ca);
  Words flags = server.flags(client);
  flags[3] = ca;
  Process daemon(clean_command(ORDERD_PATH, flags));
  wait_to_say(daemon, "ready: ");
  const auto reconnect = [&] {
    const std::size_t said = daemon.errors().size();
    CHECK(send(server.admin, command_of({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"})).view().is_integer());
    wait_to_say(daemon, "connected again", said);
  };
  // The server gets a certificate from another CA.
  Authority next("next CA");
  const CertificateFiles renewed = next.sign("server", {"IP:127.0.0.1"});
  std::ofstream(ca, std::ios::app) << std::ifstream(next.file()).rdbuf();
  CHECK(ask(server.admin, {"CONFIG", "SET", "tls-cert-file", renewed.cert, "tls-key-file", renewed.key}) == "OK");
  reconnect();
  std::ofstream(ca) << "nonsense\n";
  reconnect();
  CHECK(says(daemon, "valkey.tls_ca_file holds no certificates in PEM format"));
  CHECK(says(daemon, "what was read before stays in use"));
  push_order(server.admin, "o-1");
  wait_for_length(server.admin, "results", 1);
  end(daemon);
}

}  // namespace
}  // namespace orderd::test
