// hiredis' blocking calls; each failure becomes a sentence that names the server. The name is in the context's
// privdata. Hosts are looked up here: hiredis would stop at the first address that is silent or refuses.
#include "valkey/sync_client.h"

#include <hiredis/hiredis.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <vector>

#include "valkey/addresses.h"
#include "valkey/client_info.h"
#include "valkey/no_sigpipe.h"
#include "valkey/reply_pool.h"

namespace orderd::valkey {
namespace {

struct Peer {
  std::string name;
  std::chrono::milliseconds reply_timeout;
  std::optional<TlsSession> tls = std::nullopt;
  bool answered = false;  // there was a reply
};

timeval timeval_of(std::chrono::milliseconds time) {
  return {.tv_sec = time.count() / 1000, .tv_usec = (time.count() % 1000) * 1000};
}

// One attempt. Null: out of memory.
redisContext* open_once(redisOptions how, std::chrono::milliseconds connect_timeout,
                        std::chrono::milliseconds reply_timeout) {
  const timeval connect = timeval_of(connect_timeout);
  const timeval reply = timeval_of(reply_timeout);
  how.connect_timeout = &connect;
  how.command_timeout = &reply;
  for (;;) {
    errno = 0;
    redisContext* context = redisConnectWithOptions(&how);
    // A signal interrupted the connect, which hiredis treats as a failure: again.
    if (context == nullptr || context->err != REDIS_ERR_IO || errno != EINTR) return context;
    redisFree(context);
  }
}

Result<std::vector<std::string>> addresses_of(const std::string& host) {
  if (is_numeric_host(host)) return std::vector<std::string>{host};
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int status = getaddrinfo(host.c_str(), nullptr, &hints, &found); status != 0) {
    return Failure{gai_strerror(status)};
  }
  auto hosts = numeric_hosts(found);
  freeaddrinfo(found);
  if (hosts.empty()) return Failure{"no address found"};
  return hosts;
}

// The addresses of a name share the remaining time equally.
Result<redisContext*> open_tcp(const Endpoint& endpoint, const SyncClient::Options& options) {
  using Clock = std::chrono::steady_clock;
  const auto hosts = addresses_of(endpoint.host);
  if (!hosts) return hosts.failure();
  const auto deadline = Clock::now() + options.connect_timeout;
  for (std::size_t i = 0;; ++i) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    const auto share = std::max(std::chrono::milliseconds(1), left / static_cast<int>(hosts->size() - i));
    redisOptions how{};
    REDIS_OPTIONS_SET_TCP(&how, (*hosts)[i].c_str(), endpoint.port);
    redisContext* context = open_once(how, share, options.reply_timeout);
    if (context == nullptr || context->err == 0 || i + 1 == hosts->size()) return context;
    redisFree(context);
  }
}

Result<redisContext*> open_connection(const Endpoint& endpoint, const std::string& path,
                                      const SyncClient::Options& options) {
  if (endpoint.kind == Endpoint::Kind::kTcp) return open_tcp(endpoint, options);
  redisOptions how{};
  REDIS_OPTIONS_SET_UNIX(&how, path.c_str());
  return open_once(how, options.connect_timeout, options.reply_timeout);
}

std::string what_to_try(Endpoint::Kind kind) {
  switch (kind) {
    case Endpoint::Kind::kTcp: return "check that the server runs, listens there and can be reached from here";
    case Endpoint::Kind::kUnix: return "check that the server runs with this socket and that you may use it";
    case Endpoint::Kind::kEmbedded:
      return "start orderd first: it starts this server, which only its user and root may use";
  }
  return "";
}

Failure lost(const redisContext* context) {
  const auto* peer = static_cast<const Peer*>(context->privdata);
  // A timeout of the socket is EAGAIN, which hiredis describes as "Resource temporarily unavailable".
  if (context->err == REDIS_ERR_TIMEOUT ||
      (context->err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK))) {
    return Failure{peer->name + " did not answer within " + std::to_string(peer->reply_timeout.count()) +
                   " ms: it may be overloaded or stopped; try again"};
  }
  const std::string tls = peer->tls ? peer->tls->end(peer->answered) : "";
  if (!peer->answered && !peer->tls && peer->name.starts_with("valkey://")) {
    return Failure{"the connection to " + peer->name + " was lost at the first command (" + context->errstr +
                   "): is this a TLS port (valkeys://)?"};
  }
  return Failure{"the connection to " + peer->name + " was lost (" + (tls.empty() ? context->errstr : tls) +
                 "): check that the server still runs, and try again"};
}

Failure refused(const Endpoint& endpoint, std::string_view step, std::string_view answer, std::string_view advice) {
  // Whoever asks gets these.
  const bool passes =
      classify(answer) == ErrorKind::kUnavailable || answer.find("max number of clients") != std::string_view::npos;
  return Failure{endpoint.redacted() + " refused " + std::string(step) + ": " + std::string(answer) + "; " +
                 std::string(passes ? "try again later" : advice)};
}

// The handshake has the time of connecting.
Result<TlsSession> start_tls(redisContext& context, const TlsPeer& peer, const SyncClient::Options& options) {
  const NoSigpipe guard;
  (void)redisSetTimeout(&context, timeval_of(options.connect_timeout));
  auto session = TlsSession::start(context, peer);
  if (session) (void)redisSetTimeout(&context, timeval_of(options.reply_timeout));
  return session;
}

// Authenticates, selects the database, sets the client's name.
Result<bool> introduce(SyncClient& client, const Endpoint& endpoint, const std::string& name) {
  constexpr std::string_view kCredentials = "check the user name and the password";
  if (!endpoint.password.empty() || !endpoint.username.empty()) {
    const Command auth = endpoint.username.empty() ? Command::of("AUTH", endpoint.password)
                                                   : Command::of("AUTH", endpoint.username, endpoint.password);
    const auto reply = client.call(auth);
    if (!reply) return reply.failure();
    if ((*reply)->is_error()) return refused(endpoint, "the login", (*reply)->text(), kCredentials);
  }
  if (endpoint.database != 0) {
    const auto reply = client.call(Command::of("SELECT", endpoint.database));
    if (!reply) return reply.failure();
    if ((*reply)->is_error()) {
      return refused(endpoint, "database " + std::to_string(endpoint.database), (*reply)->text(),
                     "check the number of the database in the URL");
    }
  }
  const auto commands = client_info(name);
  for (const Command& command : commands) client.append(command);
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const auto reply = client.read();
    if (!reply) return reply.failure();
    // These are optional. Any other refusal would meet every command.
    if ((*reply)->is_error() && !denies_command((*reply)->text())) {
      return refused(endpoint, "the connection", (*reply)->text(), kCredentials);
    }
  }
  return true;
}

}  // namespace

void OwnedReply::Free::operator()(redisReply* raw) const {
  free_pooled_reply(raw);
}

void SyncClient::Close::operator()(redisContext* context) const {
  redisFree(context);
}

SyncClient::SyncClient(redisContext* context) : context_(context) {
}
SyncClient::SyncClient(SyncClient&&) noexcept = default;
SyncClient& SyncClient::operator=(SyncClient&&) noexcept = default;
SyncClient::~SyncClient() = default;

Result<SyncClient> SyncClient::connect(const Endpoint& endpoint, const Options& options) {
  const std::string name = endpoint.redacted();
  const std::string path = endpoint.kind == Endpoint::Kind::kEmbedded ? embedded_socket(endpoint.path) : endpoint.path;
  // hiredis would truncate it and connect to another socket.
  if (path.size() >= sizeof(sockaddr_un::sun_path)) {
    return Failure{"cannot connect to " + name + ": the path of a socket may have " +
                   std::to_string(sizeof(sockaddr_un::sun_path) - 1) + " bytes, this one has " +
                   std::to_string(path.size())};
  }
  const auto opened = open_connection(endpoint, path, options);
  if (!opened) {
    return Failure{"cannot connect to " + name + " (" + opened.error() + "): " + what_to_try(endpoint.kind)};
  }
  redisContext* context = *opened;
  if (context == nullptr) return Failure{"cannot connect to " + name + ": out of memory"};
  SyncClient client(context);
  if (context->err != 0) {
    return Failure{"cannot connect to " + name + " (" + context->errstr + "): " + what_to_try(endpoint.kind)};
  }
  auto* peer = new Peer{name, options.reply_timeout};
  context->privdata = peer;
  context->free_privdata = [](void* data) { delete static_cast<Peer*>(data); };
  if (const auto tls = endpoint.tls_peer()) {
    auto session = start_tls(*context, *tls, options);
    if (!session) return Failure{"cannot connect to " + name + ": " + session.error()};
    peer->tls = *session;
    write_without_sigpipe(*context, true);
  } else {
    write_without_sigpipe(*context, false);
  }
  use_reply_pool(*context->reader);
  // An unrequested RESP3 push: hiredis would free it as its own allocation.
  redisSetPushCallback(context,
                       [](void* /*peer*/, void* reply) { free_pooled_reply(static_cast<redisReply*>(reply)); });
  const auto introduced = introduce(client, endpoint, options.name);
  if (!introduced) return introduced.failure();
  return client;
}

Result<OwnedReply> SyncClient::call(const Command& command) {
  append(command);
  return read();
}

void SyncClient::append(const Command& command) {
  ORDERD_CHECK(command.complete(), "a command that lacks arguments, or has too many");
  // Fails only without memory; read() then fails, too.
  (void)redisAppendFormattedCommand(context_.get(), command.bytes().data(), command.bytes().size());
}

void SyncClient::flush() {
  for (int done = 0; done == 0 && redisBufferWrite(context_.get(), &done) == REDIS_OK;) {
  }
}

int SyncClient::descriptor() const {
  return context_->fd;
}

Result<OwnedReply> SyncClient::read() {
  void* raw = nullptr;
  errno = 0;
  if (redisGetReply(context_.get(), &raw) != REDIS_OK || raw == nullptr) return lost(context_.get());
  static_cast<Peer*>(context_->privdata)->answered = true;
  return OwnedReply(static_cast<redisReply*>(raw));
}

Result<std::string> SyncClient::load(std::string_view source) {
  const auto reply = call(Command::of("SCRIPT", "LOAD", source));
  if (!reply) return reply.failure();
  if ((*reply)->is_error()) {
    return Failure{static_cast<const Peer*>(context_->privdata)->name +
                   " refused a script: " + std::string((*reply)->text())};
  }
  return std::string((*reply)->text());
}

}  // namespace orderd::valkey
