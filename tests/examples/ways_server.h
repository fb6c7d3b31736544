// The commands of tests/examples/ways to the server: blocking calls, and the server's usage figures.
#pragma once

#include <hiredis/hiredis.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>

namespace ways {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;

// The address for all connections; set once by main.
inline const char* host = nullptr;
inline int port = 0;

[[noreturn]] inline void fail(const std::string& what) {
  std::fprintf(stderr, "ways: %s\n", what.c_str());
  std::exit(1);
}

inline std::int64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * kNsPerSecond + now.tv_nsec;
}

using Reply = std::unique_ptr<redisReply, void (*)(redisReply*)>;
inline Reply owned(void* reply) {
  return {static_cast<redisReply*>(reply), [](redisReply* r) { freeReplyObject(r); }};
}
inline std::string_view text(const redisReply* reply) {
  return {reply->str, reply->len};
}

inline redisContext* connect() {
  const timeval timeout{5, 0};
  redisContext* context = redisConnectWithTimeout(host, port, timeout);
  if (context == nullptr || context->err != 0) fail("cannot connect");
  return context;
}

// A blocking command of the measuring program.
inline std::string ask(redisContext* context, const char* command) {
  const Reply reply = owned(redisCommand(context, command));
  if (!reply || reply->type == REDIS_REPLY_ERROR) fail(std::string(command) + ": " + (reply ? reply->str : "no reply"));
  if (reply->type == REDIS_REPLY_INTEGER) return std::to_string(reply->integer);
  return reply->type == REDIS_REPLY_STRING ? std::string(text(reply.get())) : "";
}

inline double info(const std::string& page, const std::string& name) {
  const std::size_t at = page.find("\n" + name + ":");
  if (at == std::string::npos) fail("INFO without " + name);
  return std::strtod(page.c_str() + at + name.size() + 2, nullptr);
}

struct Usage {
  double cpu_us, output_bytes;
};
inline Usage usage(redisContext* context) {
  const std::string cpu = ask(context, "INFO cpu"), stats = ask(context, "INFO stats");
  return {(info(cpu, "used_cpu_user_main_thread") + info(cpu, "used_cpu_sys_main_thread")) * 1e6,
          info(stats, "total_net_output_bytes")};
}

}  // namespace ways
