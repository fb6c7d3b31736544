// Replaces functions in hiredis' table. There are two tables, made at the first use.
#include "valkey/no_sigpipe.h"

#include <hiredis/hiredis.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "valkey/tls.h"

namespace orderd::valkey {
namespace {

ssize_t write_plain(redisContext* context) {
  const ssize_t sent = send(context->fd, context->obuf, sdslen(context->obuf), MSG_NOSIGNAL);
  if (sent >= 0) return sent;
  if (errno == EINTR) return 0;
  context->err = REDIS_ERR_IO;
  (void)std::snprintf(context->errstr, sizeof context->errstr, "%s", std::strerror(errno));
  return -1;
}

const redisContextFuncs& plain_functions(const redisContextFuncs& before) {
  static const redisContextFuncs kFuncs = [&before] {
    redisContextFuncs funcs = before;
    funcs.write = write_plain;
    return funcs;
  }();
  return kFuncs;
}

const redisContextFuncs& tls_functions(const redisContextFuncs& before) {
  static const redisContextFuncs kTls = before;
  static const redisContextFuncs kFuncs = [] {
    redisContextFuncs funcs = kTls;
    funcs.write = [](redisContext* context) {
      const NoSigpipe guard;
      clear_tls_errors();
      return kTls.write(context);
    };
    funcs.read = [](redisContext* context, char* to, std::size_t size) {
      clear_tls_errors();
      return kTls.read(context, to, size);
    };
    return funcs;
  }();
  return kFuncs;
}

}  // namespace

NoSigpipe::NoSigpipe() {
  sigemptyset(&pipe_);
  sigaddset(&pipe_, SIGPIPE);
  sigset_t pending;
  sigpending(&pending);
  before_ = sigismember(&pending, SIGPIPE) == 1;
  pthread_sigmask(SIG_BLOCK, &pipe_, &mask_);
}

NoSigpipe::~NoSigpipe() {
  const int error = errno;
  const timespec now{};
  if (!before_) (void)sigtimedwait(&pipe_, nullptr, &now);
  pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
  errno = error;
}

void write_without_sigpipe(redisContext& context, bool tls) {
  context.funcs = tls ? &tls_functions(*context.funcs) : &plain_functions(*context.funcs);
}

}  // namespace orderd::valkey
