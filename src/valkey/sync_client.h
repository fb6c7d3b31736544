// A blocking connection, for the tools and the tests. The daemon never uses it.
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

// Owns a reply. Copy what is to outlive it.
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

  // Connects, authenticates, selects the database. For an embedded endpoint: to the server a running orderd has
  // started. The failure names the endpoint and what to try.
  [[nodiscard]] static Result<SyncClient> connect(const Endpoint& endpoint, const Options& options);

  SyncClient(SyncClient&&) noexcept;
  SyncClient& operator=(SyncClient&&) noexcept;
  ~SyncClient();

  // One command, one reply. An error reply of the server is a good result: ask reply->is_error().
  // The failure is the connection's; the client is of no more use then.
  [[nodiscard]] Result<OwnedReply> call(const Command& command);

  // Pipelining: append() any number of commands, then read() as many replies, in the same order. flush() sends what was
  // appended now, so that the server works on it before the first read(); a failure is reported by read().
  void append(const Command& command);
  void flush();
  [[nodiscard]] Result<OwnedReply> read();

  // For poll(): readable when there is a reply to read, as long as no earlier one was left unread.
  [[nodiscard]] int descriptor() const;

  // Loads a script and answers its SHA1.
  [[nodiscard]] Result<std::string> load(std::string_view source);

 private:
  explicit SyncClient(redisContext* context);
  struct Close {
    void operator()(redisContext* context) const;
  };
  std::unique_ptr<redisContext, Close> context_;
};

}  // namespace orderd::valkey
