// TLS to a real server: orders over it, a specific error for each mistake, and renewed certificates.
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "integration/replay_desk.h"
#include "support/certificates.h"
#include "support/wait_for.h"

namespace orderd::test {
namespace {

using std::chrono::seconds;

const Words kLocal = {"IP:127.0.0.1"};
const Words kClientsNeedCertificates = {"tls-auth-clients yes"};

struct TlsServer {
  Authority authority{"orderd test CA"};
  CertificateFiles files;
  uint16_t port = free_port();
  ValkeyServer server;
  valkey::SyncClient admin;

  // `names`: of the server's certificate. `config`: more lines.
  explicit TlsServer(const Words& names = kLocal, Authority::Days days = Authority::Days(),
                     const Words& config = {"tls-auth-clients no"})
      : files(authority.sign("server", names, days)),
        server({.append_only = ServerOptions::AppendOnly::kEverySecond,
                .tcp = true,
                .config = joined(config, {"tls-port " + std::to_string(port), "tls-cert-file " + files.cert,
                                          "tls-key-file " + files.key, "tls-ca-cert-file " + authority.file()})}),
        admin(server.client()) {}
  // Flags for the programs; `more` may set the same ones again.
  [[nodiscard]] Words flags(const Words& more = {}) const {
    return joined(
        {"--valkey.url", "valkeys://127.0.0.1:" + std::to_string(port), "--valkey.tls_ca_file", authority.file()},
        more);
  }
  [[nodiscard]] Words flags(const CertificateFiles& client) const {
    return flags({"--valkey.tls_cert_file", client.cert, "--valkey.tls_key_file", client.key});
  }
};

Ran run(const char* program, const Words& words) {
  return outcome_of(Process(clean_command(program, words)), seconds(120));
}

// What the daemon and orderctl say about a server that they cannot reach.
void check_complaints(const Words& flags, const std::string& sentence) {
  CAPTURE(sentence);
  const Ran ran = failed(orderctl(joined(flags, {"stock", "list"})), {sentence});
  Process daemon(clean_command(ORDERD_PATH, flags));
  wait_for([&] { return !daemon.running() || says(daemon, "connect"); }, seconds(20), "the daemon to complain");
  daemon.signal(SIGTERM);
  (void)daemon.wait();
  CHECK_MESSAGE(says(daemon, sentence), daemon.errors());
  CHECK_FALSE(contains(ran.errors + daemon.errors(), "Success"));
}

TEST_CASE("an invalid certificate or an old TLS version is refused with the reason") {
  const Authority other("another CA");
  const Words elsewhere = {"DNS:valkey.example", "IP:10.0.0.1"};
  struct Refused {
    std::string sentence;
    Words names = kLocal;
    Authority::Days days = {};
    Words config = {"tls-auth-clients no"};
    Words flags = {};
  };
  for (const auto& [sentence, names, days, config, flags] : std::vector<Refused>{
           {.sentence = "its certificate is not signed by a CA in valkey.tls_ca_file",
 .flags = {"--valkey.tls_ca_file", other.file()}},
           {.sentence = "its certificate is not signed by a CA that this system trusts; set valkey.tls_ca_file",
           .flags = {"--valkey.tls_ca_file", ""}},
           {.sentence = "its certificate is for DNS:valkey.example, IP:10.0.0.1, not for 127.0.0.1; if that is right, "
                        "set valkey.tls_server_name",
           .names = elsewhere},
           {.sentence = "not for other.example",
           .names = elsewhere,
           .flags = {"--valkey.tls_server_name", "other.example"}},
           {.sentence = "its certificate has expired, on 20", .days = {.before = 30, .after = -10}},
           {.sentence = "its certificate is not valid yet, but from 20", .days = {.before = -10, .after = 30}},
           {.sentence = "it does not support TLS 1.2 or later",
           .config = {"tls-auth-clients no", "tls-protocols TLSv1.1", "tls-ciphers DEFAULT@SECLEVEL=0"}}}) {
    const TlsServer server(names, days, config);
    check_complaints(server.flags(flags), sentence);
  }
}

TEST_CASE("a certificate for the host name or the name in the settings is accepted") {
  const TlsServer local({"DNS:localhost"}), elsewhere({"DNS:valkey.example", "IP:10.0.0.1"});
  succeeded(
      orderctl(local.flags({"--valkey.url", "valkeys://localhost:" + std::to_string(local.port), "stock", "list"})));
  succeeded(orderctl(elsewhere.flags({"--valkey.tls_server_name", "valkey.example", "stock", "list"})));
}

TEST_CASE("a client certificate that is missing or from another CA is named") {
  Authority other("another CA");
  for (const std::string protocol : {"TLSv1.2", "TLSv1.3"}) {
    CAPTURE(protocol);
    const TlsServer server(kLocal, {}, {"tls-auth-clients yes", "tls-protocols " + protocol});
    check_complaints(server.flags(), "client certificate that it trusts");
    check_complaints(server.flags(other.sign("client", {})), "client certificate that it trusts");
  }
}

TEST_CASE("orders are sold over TLS with client certificates while connections are cut and the audit holds") {
  TlsServer server(kLocal, {}, kClientsNeedCertificates);
  const auto flags = server.flags(server.authority.sign("client", {}));
  Process daemon(clean_command(ORDERD_PATH, flags));
  wait_to_say(daemon, "ready: ");
  const TemporaryDirectory files;
  const std::string file = files.file("w.ndjson");
  succeeded(run(ORDER_REPLAY_PATH, {"generate", "--orders", "30000", "--skus", "5", "--stock", "5000", "-o", file}));
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
  succeeded(run(ORDERCTL_PATH, joined(flags, {"audit"})));
  end(daemon);
}

TEST_CASE("TLS to a plain port and the reverse are named") {
  const TlsServer server;
  const std::string plain = std::to_string(server.server.tcp_endpoint().port);
  check_complaints(server.flags({"--valkey.connect_timeout", "500ms", "--valkey.url", "valkeys://127.0.0.1:" + plain}),
                   "no answer to the TLS greeting; is this its plain port (valkey://)?");
  check_complaints({"--valkey.url", "valkey://127.0.0.1:" + std::to_string(server.port)},
                   "is this a TLS port (valkeys://)?");
}

TEST_CASE("missing or mismatched files are usage errors that name the setting") {
  Authority authority("CA");
  const CertificateFiles one = authority.sign("one", {}), two = authority.sign("two", {});
  const std::string ca = "--valkey.tls_ca_file", cert = "--valkey.tls_cert_file", key = "--valkey.tls_key_file";
  const TemporaryDirectory files;
  const std::string fifo = files.file("fifo");
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  struct Wrong {
    Words words;
    std::string sentence;
    std::string url = "valkeys://127.0.0.1:1";
  };
  for (const auto& [words, sentence, url] : std::vector<Wrong>{
           {{ca, "/nowhere/ca.pem"}, ca + ": \"/nowhere/ca.pem\" cannot be read: No such file or directory"},
           {{ca, fifo}, "\" is not a regular file"},
           {{ca, one.key}, "contains no certificates in PEM format"},
           {{cert, one.cert}, "valkey.tls_key_file is missing: a certificate and its key belong together"},
           {{key, one.key}, "valkey.tls_cert_file is missing"},
           {{cert, one.cert, key, two.key}, "is not the key of the certificate in valkey.tls_cert_file"},
           {{cert, one.cert, key, one.cert}, "contains no private key in PEM format"},
           {{ca, authority.file()},
            "valkey.url is without TLS; begin it with valkeys://, or remove this",
            "valkey://h"}}) {
    for (const auto& [program, action] : {std::pair(ORDERD_PATH, "--check"), std::pair(ORDERCTL_PATH, "status")}) {
      failed(run(program, joined(joined({"--valkey.url", url}, words), {action})), {sentence}, 2);
    }
  }
}

TEST_CASE("renewed files are used by the next connection and invalid ones leave the old ones in use") {
  TlsServer server(kLocal, {}, kClientsNeedCertificates);
  const TemporaryDirectory files;
  const std::string ca = files.file("ca.pem");
  std::filesystem::copy_file(server.authority.file(), ca);
  Process daemon(clean_command(
      ORDERD_PATH, joined(server.flags(server.authority.sign("client", {})), {"--valkey.tls_ca_file", ca})));
  wait_to_say(daemon, "ready: ");
  const auto reconnect = [&] {
    const std::size_t said = daemon.errors().size();
    CHECK(send(server.admin, command_of({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"})).view().is_integer());
    wait_to_say(daemon, "connected again", said);
  };
  // The server gets a certificate from another CA.
  Authority next("next CA");
  const CertificateFiles renewed = next.sign("server", kLocal);
  std::ofstream(ca, std::ios::app) << std::ifstream(next.file()).rdbuf();
  CHECK(ask(server.admin, {"CONFIG", "SET", "tls-cert-file", renewed.cert, "tls-key-file", renewed.key}) == "OK");
  reconnect();
  std::ofstream(ca) << "nonsense\n";
  reconnect();
  CHECK(says(daemon, "valkey.tls_ca_file contains no certificates in PEM format"));
  CHECK(says(daemon, "the previous files stay in use"));
  push_order(server.admin, "o-1");
  wait_for_length(server.admin, "results", 1);
  end(daemon);
}

}  // namespace
}  // namespace orderd::test
