// Private to sync_client.cpp: writes to a closed connection must not raise SIGPIPE, which would end the program.
#pragma once

#include <csignal>

struct redisContext;

namespace orderd::valkey {

// For OpenSSL, which writes without MSG_NOSIGNAL: while this lives, SIGPIPE is blocked in this thread, and one that was
// raised meanwhile is discarded.
class NoSigpipe {
 public:
  NoSigpipe();
  ~NoSigpipe();
  NoSigpipe(const NoSigpipe&) = delete;
  NoSigpipe& operator=(const NoSigpipe&) = delete;

 private:
  sigset_t pipe_{}, mask_{};
  bool before_ = false;  // it was pending before: not ours to discard
};

// From now on this context writes without SIGPIPE. `tls`: TLS was started, which has its own functions.
void write_without_sigpipe(redisContext& context, bool tls);

}  // namespace orderd::valkey
