// What must arrive is the last change of the phase: it is sent again until it is accepted. Everything else is sent
// again anyway.
#include "daemon/service_manager.h"

#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>

#include "base/number.h"
#include "settings/text.h"

namespace orderd::daemon {
namespace {

constexpr Milliseconds kTick{1000};
constexpr Milliseconds kTickStarting{20};
// If the outcome of the start is unknown after this many ms, it counts as started: it waits for the server. Well below
// systemd's own limit of 90 s, which would kill the process.
constexpr uint64_t kStartLimit = 10'000;
// The extension that each tick of a drain requests: several ticks may be late.
constexpr Milliseconds kMoreTime{10'000};
// systemd accepts 4096 bytes in a datagram.
constexpr std::size_t kDoingBytes = 512;

std::optional<std::string> take(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) return std::nullopt;
  std::string taken = value;
  unsetenv(name);
  return taken;
}

std::optional<uint64_t> positive(const std::string& text) {
  const auto value = parse_number<uint64_t>(text);
  return value == 0 ? std::nullopt : value;
}

std::string take_address() {
  std::string address = take("NOTIFY_SOCKET").value_or("");
  if (address.empty()) return "";
  const bool known = address[0] == '/' || address[0] == '@';
  if (!known || address.size() < 2 || address.size() >= sizeof(sockaddr_un::sun_path)) {
    spdlog::warn(
        "no reports to the service manager: NOTIFY_SOCKET {} is neither a path nor an abstract name with @, of "
        "2 to {} bytes",
        settings::in_quotes(address), sizeof(sockaddr_un::sun_path) - 1);
    return "";
  }
  if (address[0] == '@') address[0] = '\0';
  return address;
}

Milliseconds take_ping_every() {
  const std::optional<std::string> limit_text = take("WATCHDOG_USEC"), pid_text = take("WATCHDOG_PID");
  if (!limit_text) return Milliseconds(0);
  const std::optional<uint64_t> limit_us = positive(*limit_text), pid = positive(pid_text.value_or("1"));
  if (!limit_us || !pid) {
    spdlog::warn("no watchdog: {} {} is not a whole number above 0", limit_us ? "WATCHDOG_PID" : "WATCHDOG_USEC",
                 settings::in_quotes(limit_us ? *pid_text : *limit_text));
    return Milliseconds(0);
  }
  if (pid_text && *pid != static_cast<uint64_t>(getpid())) return Milliseconds(0);  // meant for another process
  return std::max(Milliseconds(1), Milliseconds(*limit_us / 2000));
}

}  // namespace

ServiceManager::ServiceManager(Loop& loop, Look look)
    : loop_(loop),
      look_(std::move(look)),
      address_(take_address()),
      ping_every_(take_ping_every()),
      start_ms_(loop.now_ms()),
      tick_(loop, [this] { tick(); }),
      ping_(loop, [this] { ping(); }) {
  if (address_.empty()) return;
  fd_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) {
    spdlog::warn("no socket for reports to the service manager: {}", std::strerror(errno));
    return;
  }
  tick_.start(Milliseconds(0));
  if (ping_every_ > Milliseconds(0)) ping_.start(Milliseconds(0));
}

ServiceManager::~ServiceManager() {
  if (fd_ >= 0) close(fd_);
}

void ServiceManager::reloading() {
  if (phase_ == Phase::kRunning) change_phase(Phase::kReloading);
}

void ServiceManager::reloaded() {
  if (phase_ == Phase::kReloading) change_phase(Phase::kRunning);
}

void ServiceManager::stopping() {
  if (phase_ != Phase::kStopping) change_phase(Phase::kStopping);
}

void ServiceManager::change_phase(Phase phase) {
  phase_ = phase;
  switch (phase) {
    case Phase::kStarting: return;
    case Phase::kRunning: unreported_ = "READY=1"; break;
    // The time is for Type=notify-reload: systemd waits for a READY=1 that is newer than its signal.
    case Phase::kReloading: unreported_ = fmt::format("RELOADING=1\nMONOTONIC_USEC={}", Loop::precise_us()); break;
    case Phase::kStopping: unreported_ = "STOPPING=1"; break;
  }
  if (send(unreported_)) unreported_.clear();
}

void ServiceManager::tick() {
  const Report report = look_();
  if (phase_ == Phase::kStarting) {
    if (report.started || loop_.now_ms() - start_ms_ >= kStartLimit) change_phase(Phase::kRunning);
  } else if (!unreported_.empty() && send(unreported_)) {
    unreported_.clear();
  }
  if (phase_ == Phase::kStarting) return tick_.start(kTickStarting);
  report_doing(report);
  // So the unit does not depend on shutdown.drain_timeout.
  if (report.draining) {
    (void)send(fmt::format("EXTEND_TIMEOUT_USEC={}", std::chrono::microseconds(kMoreTime).count()));
  }
  tick_.start(kTick);
}

void ServiceManager::report_doing(const Report& report) {
  // One line of valid UTF-8, whatever the server replied: a line break would end the field.
  const std::string doing = settings::printable(report.doing, kDoingBytes);
  if (doing != doing_ && send("STATUS=" + doing)) doing_ = doing;
}

void ServiceManager::ping() {
  (void)send("WATCHDOG=1");
  ping_.start(ping_every_);
}

// False if the manager did not accept it. Its queue is full, or it is gone; either may pass.
bool ServiceManager::send(std::string_view lines) {
  if (fd_ < 0) return false;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  if (sendto(fd_, lines.data(), lines.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&to), size) >= 0) {
    return true;
  }
  if (errno != EAGAIN && !std::exchange(complained_, true)) {
    std::string name = address_;
    if (name[0] == '\0') name[0] = '@';
    spdlog::warn("cannot report to the service manager at NOTIFY_SOCKET {}: {}", settings::in_quotes(name),
                 std::strerror(errno));
  }
  return false;
}

}  // namespace orderd::daemon
