// The daemons read their settings from files, so that SIGHUP has something to reload. Timeouts are as short as the
// contract allows, so that recovery from a fault is fast.
#include "chaos/runner/daemon.h"

#include <algorithm>
#include <csignal>
#include <fstream>

namespace orderd::chaos {
namespace {

std::string in_quotes(const std::string& text) {
  return "\"" + text + "\"";
}

std::string settings_of(const valkey::Endpoint& proxy, const std::string& name) {
  const std::string url =
      std::string("valkey://") + kDaemonUser + ":" + kDaemonPassword + "@127.0.0.1:" + std::to_string(proxy.port);
  return "[valkey]\nurl = " + in_quotes(url) + "\nconnect_timeout = \"500ms\"\nreply_timeout = \"500ms\"\n" +
         "[processing]\nname = " + in_quotes(name) + "\nlease = \"600ms\"\nreply_ttl = \"1h\"\n" +
         "[admin]\nlisten = \"\"\n[shutdown]\ndrain_timeout = \"2s\"\n";
}

}  // namespace

Daemon::Daemon(const Programs& programs, valkey::Endpoint server, const std::string& directory, std::string name,
               uint64_t seed)
    : proxy(std::move(server), seed),
      programs_(programs),
      name_(std::move(name)),
      settings_file_(directory + "/" + name_ + ".toml"),
      settings_(settings_of(proxy.endpoint(), name_)) {
}

void Daemon::start(Log log) {
  std::ofstream(settings_file_) << settings_;
  std::vector<std::string> argv = {programs_.orderd, "--config", settings_file_};
  if (log == Log::kFull)
    argv = {"sh", "-c", "exec \"$0\" --config \"$1\" 2>/dev/full >/dev/full", programs_.orderd, settings_file_};
  if (log == Log::kStalled) {
    // A pipe holds 64 KiB. It is open for reading, so writes do not fail; and it is full from the start.
    argv = {"sh", "-c",
            "rm -f \"$1.pipe\"; mkfifo \"$1.pipe\"; exec 9<>\"$1.pipe\"; head -c 65536 /dev/zero >&9; "
            "exec \"$0\" --config \"$1\" 2>&9 >&9",
            programs_.orderd, settings_file_};
  }
  end_expected_ = false;
  if (process_) past_log_ += process_->errors() + "(restarted)\n";
  process_ = std::make_unique<test::Process>(argv);
}

void Daemon::kill() {
  end_expected_ = true;
  process_->signal(SIGKILL);
  process_->wait();
}

std::optional<std::string> Daemon::surprise() {
  if (end_expected_ || running()) return std::nullopt;
  const std::string log = process_->errors();
  const std::string end = log.substr(log.size() - std::min<std::size_t>(log.size(), 1500));
  std::string what = "the daemon " + name_ + " exited unexpectedly with " + std::to_string(process_->wait()) +
                     "; its log ends:\n" + end;
  start();
  return what;
}

}  // namespace orderd::chaos
