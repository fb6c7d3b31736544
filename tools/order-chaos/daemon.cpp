#include "order-chaos/daemon.h"

#include <fstream>

#include "support/wait_for.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;

constexpr auto kStartDeadline = 10s;
constexpr std::size_t kLogEnd = 1500;  // bytes of its log in a surprise

}  // namespace

void Daemon::start(Log log) {
  std::ofstream(settings_file_) << settings_;
  std::vector<std::string> argv = {orderd_, "--config", settings_file_};
  if (log == Log::kFull)
    argv = {"sh", "-c", "exec \"$0\" --config \"$1\" 2>/dev/full >/dev/full", orderd_, settings_file_};
  if (log == Log::kStalled) {
    // A pipe holds 64 KiB. It is open for reading, so writes do not fail; and it is full from the start.
    constexpr const char* kScript =
        "rm -f \"$1.pipe\"; mkfifo \"$1.pipe\"; exec 9<>\"$1.pipe\"; head -c 65536 /dev/zero >&9; "
        "exec \"$0\" --config \"$1\" 2>&9 >&9";
    argv = {"sh", "-c", kScript, orderd_, settings_file_};
  }
  end_expected_ = false;
  if (process_) past_log_ += process_->errors() + "(restarted)\n";
  process_ = std::make_unique<test::Process>(argv);
}

void Daemon::stutter(int times, std::chrono::milliseconds paused) {
  for (; times > 0; --times) {
    process_->pause();
    let_pass(paused);
    process_->resume();
    let_pass(2ms);
  }
}

bool Daemon::handles_signals() const {
  std::ifstream status("/proc/" + std::to_string(process_->pid()) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("SigCgt:")) return (std::stoull(line.substr(7), nullptr, 16) >> (SIGTERM - 1) & 1) == 1;
  }
  return false;
}

void Daemon::until_it_listens() {
  const bool ready = test::poll_until([&] { return !running() || handles_signals(); }, kStartDeadline);
  if (!ready || !running()) throw std::runtime_error("the daemon does not handle signals");
}

void Daemon::tell(int signal) {
  if (test::poll_until([&] { return !running() || handles_signals(); }, kStartDeadline)) process_->signal(signal);
}

std::optional<std::string> Daemon::surprise() {
  if (end_expected_ || running()) return std::nullopt;
  std::string what = "the daemon " + name_ + " exited unexpectedly with " + std::to_string(process_->wait()) +
                     "; its log ends:\n" + log(kLogEnd);
  start();
  return what;
}

std::string Daemon::log(std::size_t bytes) const {
  const std::string all = process_->errors();
  return all.substr(all.size() - std::min(all.size(), bytes));
}

}  // namespace orderd::chaos
