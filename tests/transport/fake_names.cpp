// libuv calls getaddrinfo() from its thread pool; the program's own definition takes precedence over the C library's.
#include "transport/fake_names.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <doctest/doctest.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string_view>

namespace orderd::test {
namespace {

const std::map<std::string_view, std::vector<const char*>> kNames = {{"two.addresses.test", {"127.0.0.2", "127.0.0.1"}},
                                                                     {"silent.first.test", {"127.0.0.3", "127.0.0.1"}},
                                                                     {"all.silent.test", {"127.0.0.3", "127.0.0.4"}},
                                                                     {"slow.test", {"127.0.0.1"}}};

std::mutex gate;
std::condition_variable gate_opened;
bool gate_shut = false;

// The layout that freeaddrinfo() of the C library expects: node and address in one block.
addrinfo* addresses(const std::vector<const char*>& texts) {
  addrinfo* list = nullptr;
  addrinfo** last = &list;
  for (const char* text : texts) {
    void* block = std::calloc(1, sizeof(addrinfo) + sizeof(sockaddr_in));
    auto* address = reinterpret_cast<sockaddr_in*>(static_cast<char*>(block) + sizeof(addrinfo));
    address->sin_family = AF_INET;
    inet_pton(AF_INET, text, &address->sin_addr);
    auto* node = static_cast<addrinfo*>(block);
    node->ai_family = AF_INET;
    node->ai_socktype = SOCK_STREAM;
    node->ai_addrlen = sizeof(sockaddr_in);
    node->ai_addr = reinterpret_cast<sockaddr*>(address);
    *last = node;
    last = &node->ai_next;
  }
  return list;
}

}  // namespace

SlowName::SlowName() {
  const std::lock_guard lock(gate);
  gate_shut = true;
}

void SlowName::release() {
  const std::lock_guard lock(gate);
  gate_shut = false;
  gate_opened.notify_all();
}

SilentAddress::SilentAddress(const char* address, uint16_t port, How how) {
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
  REQUIRE(listen(listener, how == How::kNoReply ? 16 : 0) == 0);
  if (how == How::kNoReply) return;
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
  const std::string_view asked = name == nullptr ? "" : name;
  if (asked == "unknown.test") return EAI_NONAME;
  if (asked == "slow.test") {
    std::unique_lock lock(gate);
    gate_opened.wait(lock, [] { return !gate_shut; });
  }
  if (const auto known = kNames.find(asked); known != kNames.end()) {
    *found = addresses(known->second);
    return 0;
  }
  using Function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  static const auto system = reinterpret_cast<Function>(dlsym(RTLD_NEXT, "getaddrinfo"));
  return system(name, service, hints, found);
}
