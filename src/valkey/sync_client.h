// A blocking connection for tools and tests. The daemon never uses it.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "valkey/command.h"
#include "valkey/endpoint.h"
#include "valkey/reply.h"

struct redisContext;

namespace orderd::valkey {

// Owns a reply. Copy what must outlive it.
class OwnedReply {
 public:
  explicit OwnedReply(redisReply* raw) : raw_(raw) {}
  [[nodiscard]] Reply view() const { return Reply(raw_.get()); }
  const Reply* operator->() const {
    view_ = view();
    return &view_;
  }

 private:
  struct Free {
    void operator()(redisReply* raw) const;
  };
  std::unique_ptr<redisReply, Free> raw_;
  mutable Reply view_{nullptr};
};

class SyncClient {
 public:
  struct Options {
    std::string name = "orderctl";  // for CLIENT LIST; see client_info.h
    std::chrono::milliseconds connect_timeout{5000};
    std::chrono::milliseconds reply_timeout{10000};
  };

  // Connects, authenticates, selects the database. An embedded endpoint is the server that a running orderd has
  // started. The failure names the endpoint and what to try.
  [[nodiscard]] static Result<SyncClient> connect(const Endpoint& endpoint, const Options& options);

  SyncClient(SyncClient&&) noexcept;
  SyncClient& operator=(SyncClient&&) noexcept;
  ~SyncClient();

  // One command, one reply. An error reply is a result: check reply->is_error(). A failure means that the connection
  // was lost: the client cannot be used any more.
  [[nodiscard]] Result<OwnedReply> call(const Command& command);

  // Pipelining: append() any number of commands, then read() as many replies, in the same order. flush() sends appended
  // commands at once, so that the server works on them before the first read(), which also reports a failure.
  void append(const Command& command);
  void flush();
  [[nodiscard]] Result<OwnedReply> read();

  // For poll(): readable when there is a reply, provided that all earlier ones were read.
  [[nodiscard]] int descriptor() const;

  // Loads a script; returns its SHA1.
  [[nodiscard]] Result<std::string> load(std::string_view source);

 private:
  explicit SyncClient(redisContext* context);
  struct Close {
    void operator()(redisContext* context) const;
  };
  std::unique_ptr<redisContext, Close> context_;
};

}  // namespace orderd::valkey
