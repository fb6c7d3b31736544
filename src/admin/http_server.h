// A small HTTP/1.1 server in the loop, for pages that are generated in memory at once, and for streams. A stream is a
// response that does not end, and gets the published messages. It uses libmicrohttpd.
//
// Limits protect the daemon. Connections: kConnections at a time, more wait in the kernel's queue; kStreams of them
// streams. Bytes from a client: kConnectionBytes. Time for sending a request, for reading the response, or for one
// message of a stream: kPatience. Only GET and HEAD. A listener on a loopback address returns 421 if Host is a name
// other than localhost: this prevents DNS rebinding by a web page.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/listen_address.h"
#include "base/result.h"
#include "loop/loop.h"

struct MHD_Daemon;
struct MHD_Connection;

namespace orderd::admin {

struct Page {
  unsigned status = 200;
  std::string_view type = "text/plain; charset=utf-8";
  std::string body;
  bool stream = false;  // the body is its first message
};

class HttpServer {
 public:
  static constexpr unsigned kConnections = 64;
  static constexpr std::size_t kStreams = 16;  // more get 503
  static constexpr std::size_t kConnectionBytes = 16 * 1024;
  static constexpr std::chrono::seconds kPatience{10};

  // The response to a path; `path` has no query. Called from the loop; must not destroy the server.
  using Serve = std::function<Page(std::string_view path)>;

  // The error is that of the system.
  [[nodiscard]] static Result<std::unique_ptr<HttpServer>> listen(Loop& loop, const ListenAddress& address,
                                                                  Serve serve);
  // Ends all connections.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Sends to each stream. One that has not taken the last message yet gets only the newest one afterwards. Not from
  // Serve.
  void publish(const std::string& message);
  [[nodiscard]] std::size_t streams() const { return streams_.size(); }

  // With the actual port.
  [[nodiscard]] const ListenAddress& address() const { return address_; }

 private:
  struct Hooks;  // libmicrohttpd's callbacks
  struct Stream;

  HttpServer(Loop& loop, ListenAddress address, Serve serve);
  void turn();
  void resume(Stream& stream);
  void end_slow();
  [[nodiscard]] Page page_of(MHD_Connection& connection, std::string_view method, std::string_view path) const;

  ListenAddress address_;
  Serve serve_;
  Loop& loop_;
  MHD_Daemon* daemon_ = nullptr;
  // The deadlines of connections that owe a complete request, or have a message of a stream to read.
  std::map<MHD_Connection*, uint64_t> due_ms_;
  std::list<Stream> streams_;
  bool ending_ = false;
  bool freed_ = false;          // a connection ended in this run
  std::unique_ptr<Poll> poll_;  // order matters: gone before the descriptor
  Timer timer_;                 // when libmicrohttpd wants a turn
  Timer slow_;
};

}  // namespace orderd::admin
