// The configuration is a file in the server's directory, written once: a restart uses it again, with the changes of
// CONFIG REWRITE.
#include "support/valkey_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include "support/wait_for.h"

namespace orderd::test {
namespace {

constexpr std::chrono::seconds kDeadline{30};

bool answers(const valkey::Endpoint& endpoint) {
  auto client = valkey::SyncClient::connect(endpoint, {.reply_timeout = std::chrono::seconds(1)});
  if (!client) return false;
  const auto reply = client->call(valkey::Command::of("PING"));
  return reply.ok() && reply.value()->text() == "PONG";  // it is an error while the server loads its data
}

}  // namespace

uint16_t free_port() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  const bool good = listener >= 0 && bind(listener, generic, size) == 0 && getsockname(listener, generic, &size) == 0;
  const int error = errno;
  if (listener >= 0) close(listener);
  if (!good) throw std::runtime_error("no free port: " + std::string(std::strerror(error)));
  return ntohs(address.sin_port);
}

ValkeyServer::ValkeyServer(const ServerOptions& options)
    : environment_(options.environment), program_(options.program) {
  if (options.tcp) port_ = free_port();
  std::ofstream file(directory_.file("valkey.conf"));
  file << "port " << port_ << "\nbind 127.0.0.1\nunixsocket " << endpoint().path << "\nunixsocketperm 700\ndir "
       << directory_.path() << "\nsave \"\"\n";
  if (options.append_only != ServerOptions::AppendOnly::kOff) {
    const bool always = options.append_only == ServerOptions::AppendOnly::kAlways;
    file << "appendonly yes\nappendfsync " << (always ? "always" : "everysec") << "\n";
  }
  for (const auto& line : options.config) file << line << "\n";
  file.close();
  start();
}

void ValkeyServer::start() {
  process_.emplace(std::vector<std::string>{program_, directory_.file("valkey.conf")},
                   ProcessOptions{.environment = environment_});
  const bool settled = poll_until([this] { return !process_->running() || answers(endpoint()); }, kDeadline);
  if (settled && process_->running()) return;
  const std::string text = log() + process_->errors();
  process_.reset();
  throw std::runtime_error(program_ + " did not start; its log ends with:\n" +
                           text.substr(text.size() - std::min<std::size_t>(text.size(), 3000)));
}

void ValkeyServer::end(int signal) {
  if (!process_) return;  // a start has failed
  process_->signal(signal);
  process_->wait(kDeadline);
}

void ValkeyServer::restart() {
  stop();
  start();
}

valkey::Endpoint ValkeyServer::endpoint() const {
  valkey::Endpoint endpoint;
  endpoint.kind = valkey::Endpoint::Kind::kUnix;
  endpoint.path = valkey::embedded_socket(directory_.path());
  return endpoint;
}

valkey::Endpoint ValkeyServer::tcp_endpoint() const {
  if (port_ == 0) throw std::logic_error("this server has no TCP port: set ServerOptions::tcp");
  valkey::Endpoint endpoint;
  endpoint.port = port_;
  return endpoint;
}

valkey::SyncClient ValkeyServer::client() const {
  auto client = valkey::SyncClient::connect(endpoint(), {.name = "test"});
  if (!client) throw std::runtime_error(client.error());
  return std::move(client.value());
}

}  // namespace orderd::test
