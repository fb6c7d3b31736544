// libmicrohttpd has its sockets in its own epoll descriptor. The loop watches that descriptor, and a timer for what is
// due without an event. The timeout of libmicrohttpd is for silence only: a client that sends a byte now and then would
// keep its place forever. So connections that owe a request, or have a message to read, have a separate time limit
// here.
//
// A stream is suspended while there is nothing to send. Its connection is not watched then: that the client closed it
// is noticed at the next message.
#include "admin/http_server.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace orderd::admin {
namespace {

constexpr Milliseconds kLookAtSlow{1000};
// The kernel buffers at most this much of a stream: a client that does not read is noticed.
constexpr int kStreamSendBuffer = 16 * 1024;
constexpr std::size_t kStreamBlock = 4096;

constexpr std::array<std::pair<const char*, const char*>, 3> kHeaders = {{
    {"X-Content-Type-Options", "nosniff"},
    {"Cache-Control", "no-store"},
    {"Content-Security-Policy", "default-src 'self'"},
}};

union Socket {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

socklen_t fill(const ListenAddress& address, Socket& socket) {
  std::memset(&socket, 0, sizeof socket);
  if (address.v6) {
    socket.v6.sin6_family = AF_INET6;
    socket.v6.sin6_port = htons(address.port);
    ::inet_pton(AF_INET6, address.host.c_str(), &socket.v6.sin6_addr);
    return sizeof socket.v6;
  }
  socket.v4.sin_family = AF_INET;
  socket.v4.sin_port = htons(address.port);
  ::inet_pton(AF_INET, address.host.c_str(), &socket.v4.sin_addr);
  return sizeof socket.v4;
}

// A listening socket; sets the port. The error is errno's text.
Result<int> open_listener(ListenAddress& address) {
  Socket socket{};
  socklen_t size = fill(address, socket);
  const int fd = ::socket(socket.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  if (fd >= 0 && ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
      ::bind(fd, &socket.any, size) == 0 && ::listen(fd, HttpServer::kConnections) == 0 &&
      ::getsockname(fd, &socket.any, &size) == 0) {
    address.port = ntohs(address.v6 ? socket.v6.sin6_port : socket.v4.sin_port);
    return fd;
  }
  const std::string what = std::strerror(errno);
  if (fd >= 0) ::close(fd);
  return Failure{what};
}

// `host`: from the header, with or without a port.
bool is_local(std::string_view host) {
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    if (end == std::string_view::npos) return false;
    const std::string inner(host.substr(1, end - 1));
    in6_addr bytes{};
    return ::inet_pton(AF_INET6, inner.c_str(), &bytes) == 1;
  }
  const std::string name(host.substr(0, host.find(':')));
  in_addr bytes{};
  return ::strcasecmp(name.c_str(), "localhost") == 0 || ::inet_pton(AF_INET, name.c_str(), &bytes) == 1;
}

}  // namespace

// A continuing response. Owned by the server until libmicrohttpd releases the response.
struct HttpServer::Stream {
  HttpServer& server;
  MHD_Connection& connection;
  std::string message;  // being sent
  std::size_t sent = 0;
  std::string next;  // empty: none
  bool suspended = false;
};

struct HttpServer::Hooks {
  // Called when the header of a request is complete, for each part of its body, and when it is complete.
  static MHD_Result on_request(void* self, MHD_Connection* connection, const char* url, const char* method,
                               const char* /*version*/, const char* /*body*/, std::size_t* body_bytes, void** begun) {
    auto& server = *static_cast<HttpServer*>(self);
    const std::string_view verb(method);
    const bool reads = verb == "GET" || verb == "HEAD";
    if (reads && *begun == nullptr) {
      *begun = self;
      return MHD_YES;
    }
    if (reads && *body_bytes > 0) {
      *body_bytes = 0;
      return MHD_YES;
    }
    server.due_ms_.erase(connection);
    const Page page = server.page_of(*connection, verb, url);
    if (!page.stream || verb == "HEAD") return answer(*connection, page, response_of(page));
    if (server.streams_.size() < kStreams) return answer(*connection, page, begin_stream(server, *connection, page));
    const Page full{.status = MHD_HTTP_SERVICE_UNAVAILABLE, .body = "too many open streams; try again later\n"};
    return answer(*connection, full, response_of(full));
  }

  static MHD_Response* response_of(const Page& page) {
    std::string body = page.stream ? std::string() : page.body;
    return MHD_create_response_from_buffer(body.size(), body.data(), MHD_RESPMEM_MUST_COPY);
  }

  static MHD_Response* begin_stream(HttpServer& server, MHD_Connection& connection, const Page& page) {
    const MHD_ConnectionInfo* info = MHD_get_connection_info(&connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    // Without it a slow client is noticed later.
    if (info != nullptr) {
      (void)::setsockopt(info->connect_fd, SOL_SOCKET, SO_SNDBUF, &kStreamSendBuffer, sizeof kStreamSendBuffer);
    }
    Stream& stream = server.streams_.emplace_back(
        Stream{.server = server, .connection = connection, .message = {}, .next = page.body});
    MHD_Response* response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, kStreamBlock, &read_stream, &stream, &end_stream);
    if (response == nullptr) server.streams_.pop_back();
    return response;
  }

  // libmicrohttpd asks for more: puts at most `max` bytes into `buffer`.
  static ssize_t read_stream(void* self, uint64_t /*position*/, char* buffer, std::size_t max) {
    auto& stream = *static_cast<Stream*>(self);
    HttpServer& server = stream.server;
    if (server.ending_) return MHD_CONTENT_READER_END_OF_STREAM;
    if (stream.sent == stream.message.size()) {
      server.due_ms_.erase(&stream.connection);
      if (stream.next.empty()) {
        stream.suspended = true;
        MHD_suspend_connection(&stream.connection);
        return 0;
      }
      stream.message = std::exchange(stream.next, std::string());
      stream.sent = 0;
      limit(server, &stream.connection);
    }
    const std::size_t bytes = std::min(max, stream.message.size() - stream.sent);
    stream.message.copy(buffer, bytes, stream.sent);
    stream.sent += bytes;
    return static_cast<ssize_t>(bytes);
  }

  static void end_stream(void* self) {
    auto& stream = *static_cast<Stream*>(self);
    stream.server.streams_.remove_if([&](const Stream& each) { return &each == &stream; });
  }

  static MHD_Result answer(MHD_Connection& connection, const Page& page, MHD_Response* response) {
    if (response == nullptr) return MHD_NO;
    const auto add = [&](const char* name, const std::string& value) {
      return MHD_add_response_header(response, name, value.c_str()) == MHD_YES;
    };
    bool good = add("Content-Type", std::string(page.type));
    for (const auto& [name, value] : kHeaders) good = good && add(name, value);
    if (page.status == MHD_HTTP_METHOD_NOT_ALLOWED) good = good && add("Allow", "GET, HEAD");
    const MHD_Result queued = good ? MHD_queue_response(&connection, page.status, response) : MHD_NO;
    MHD_destroy_response(response);
    return queued;
  }

  static void on_connection(void* self, MHD_Connection* connection, void** /*context*/,
                            MHD_ConnectionNotificationCode what) {
    auto& server = *static_cast<HttpServer*>(self);
    server.due_ms_.erase(connection);
    if (what == MHD_CONNECTION_NOTIFY_STARTED) return limit(server, connection);
    server.freed_ = true;
  }

  // The next one on this connection.
  static void on_completed(void* self, MHD_Connection* connection, void** /*begun*/,
                           MHD_RequestTerminationCode /*how*/) {
    limit(*static_cast<HttpServer*>(self), connection);
  }

  static void limit(HttpServer& server, MHD_Connection* connection) {
    server.due_ms_[connection] = server.loop_.now_ms() + static_cast<uint64_t>(Milliseconds(kPatience).count());
    if (!server.slow_.active()) server.slow_.start(kLookAtSlow);
  }
};

Result<std::unique_ptr<HttpServer>> HttpServer::listen(Loop& loop, const ListenAddress& address, Serve serve) {
  std::unique_ptr<HttpServer> server(new HttpServer(loop, address, std::move(serve)));
  const Result<int> listener = open_listener(server->address_);
  if (!listener) return listener.failure();
  server->daemon_ =
      MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, nullptr, nullptr, &Hooks::on_request, server.get(),
                       MHD_OPTION_LISTEN_SOCKET, *listener, MHD_OPTION_CONNECTION_LIMIT, kConnections,
                       MHD_OPTION_CONNECTION_MEMORY_LIMIT, kConnectionBytes, MHD_OPTION_CONNECTION_TIMEOUT,
                       static_cast<unsigned>(kPatience.count()), MHD_OPTION_NOTIFY_CONNECTION, &Hooks::on_connection,
                       server.get(), MHD_OPTION_NOTIFY_COMPLETED, &Hooks::on_completed, server.get(),
                       MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
  if (server->daemon_ == nullptr) {
    ::close(*listener);
    return Failure{"libmicrohttpd could not be started"};
  }
  const MHD_DaemonInfo* info = MHD_get_daemon_info(server->daemon_, MHD_DAEMON_INFO_EPOLL_FD);
  if (info == nullptr || info->epoll_fd < 0) return Failure{"this libmicrohttpd has no epoll"};
  server->poll_ = std::make_unique<Poll>(loop, info->epoll_fd, [made = server.get()] { made->turn(); });
  server->turn();
  return server;
}

HttpServer::HttpServer(Loop& loop, ListenAddress address, Serve serve)
    : address_(std::move(address)),
      serve_(std::move(serve)),
      loop_(loop),
      timer_(loop, [this] { turn(); }),
      slow_(loop, [this] { end_slow(); }) {
}

HttpServer::~HttpServer() {
  poll_.reset();
  if (daemon_ == nullptr) return;
  ending_ = true;
  for (Stream& stream : streams_) resume(stream);
  MHD_run(daemon_);  // order matters: MHD_stop_daemon() aborts if a connection is suspended
  MHD_stop_daemon(daemon_);
}

void HttpServer::publish(const std::string& message) {
  for (Stream& stream : streams_) {
    stream.next = message;
    resume(stream);
  }
  turn();
}

void HttpServer::resume(Stream& stream) {
  if (!std::exchange(stream.suspended, false)) return;
  MHD_resume_connection(&stream.connection);
}

void HttpServer::turn() {
  freed_ = false;
  MHD_run(daemon_);
  // At its limit libmicrohttpd accepts nothing. It accepts again in the run after the one in which a connection ended.
  // That run waits for the next turn of the loop: clients that come and go must not delay orders.
  if (freed_) return timer_.start(Milliseconds(0));
  MHD_UNSIGNED_LONG_LONG due_ms = 0;
  if (MHD_get_timeout(daemon_, &due_ms) == MHD_YES) {
    timer_.start(Milliseconds(std::min<uint64_t>(due_ms, 60'000)));
  } else {
    timer_.stop();
  }
}

// Closing them is an event for libmicrohttpd, which then releases them.
void HttpServer::end_slow() {
  for (const auto& [connection, due_ms] : due_ms_) {
    if (loop_.now_ms() < due_ms) continue;
    const MHD_ConnectionInfo* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (info != nullptr) ::shutdown(info->connect_fd, SHUT_RDWR);
  }
  if (!due_ms_.empty()) slow_.start(kLookAtSlow);
}

Page HttpServer::page_of(MHD_Connection& connection, std::string_view method, std::string_view path) const {
  if (method != "GET" && method != "HEAD") {
    return {.status = MHD_HTTP_METHOD_NOT_ALLOWED, .body = "only GET and HEAD are allowed\n"};
  }
  const char* host = MHD_lookup_connection_value(&connection, MHD_HEADER_KIND, "Host");
  if (address_.loopback() && host != nullptr && !is_local(host)) {
    return {.status = 421, .body = "use localhost or an IP address in the URL\n"};
  }
  return serve_(path);
}

}  // namespace orderd::admin
