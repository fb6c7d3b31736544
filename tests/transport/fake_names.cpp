// libuv calls getaddrinfo() from its thread pool; the program's own definition takes precedence over the C library's.
#include "transport/fake_names.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <doctest/doctest.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <map>
#include <string_view>

namespace orderd::test {
namespace {

const std::map<std::string_view, std::vector<const char*>> kNames = {{"two.addresses.test", {"127.0.0.2", "127.0.0.1"}},
                                                                     {"silent.first.test", {"127.0.0.3", "127.0.0.1"}},
                                                                     {"all.silent.test", {"127.0.0.3", "127.0.0.4"}},
                                                                     {"slow.test", {"127.0.0.1"}}};
std::atomic<bool> blocked = false;

}  // namespace

SlowName::SlowName() {
  blocked = true;
}

void SlowName::release() {
  blocked = false;
  blocked.notify_all();
}

SilentAddress::SilentAddress(const char* address, uint16_t port) {
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port);
  inet_pton(AF_INET, address, &where.sin_addr);
  const auto* generic = reinterpret_cast<const sockaddr*>(&where);
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockets_.push_back(listener);
  const int on = 1;
  REQUIRE(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
  REQUIRE(bind(listener, generic, sizeof where) == 0);
  REQUIRE(listen(listener, 0) == 0);
  // A full backlog: the kernel drops further connects.
  constexpr int kEnough = 4;
  for (int i = 0; i < kEnough; ++i) {
    const int filler = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockets_.push_back(filler);
    REQUIRE((connect(filler, generic, sizeof where) == 0 || errno == EINPROGRESS));
  }
}

SilentAddress::~SilentAddress() {
  for (const int each : sockets_) close(each);
}

}  // namespace orderd::test

extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints, addrinfo** found) {
  using namespace orderd::test;  // NOLINT(google-build-using-namespace)
  using Function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  static const auto system = reinterpret_cast<Function>(dlsym(RTLD_NEXT, "getaddrinfo"));
  const std::string_view asked = name == nullptr ? "" : name;
  if (asked == "unknown.test") return EAI_NONAME;
  if (asked == "slow.test") blocked.wait(true);
  const auto known = kNames.find(asked);
  if (known == kNames.end()) return system(name, service, hints, found);
  for (const char* address : known->second) {
    if (const int status = system(address, service, hints, found); status != 0) return status;
    while (*found != nullptr) found = &(*found)->ai_next;  // freeaddrinfo() frees the nodes one by one
  }
  return 0;
}
