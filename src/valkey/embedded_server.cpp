// fork and exec by hand, not uv_spawn: the child has to ask the kernel for SIGTERM at its parent's death before it
// becomes valkey-server.
#include "valkey/embedded_server.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <thread>
#include <utility>
#include <vector>

#include "valkey/endpoint.h"

namespace orderd::valkey {
namespace {

constexpr int kNotFound = 127;
constexpr std::chrono::seconds kLockPatience{10};
constexpr const char* kFiles = "/appendonlydir/";
// A decision of the longest request writes less than 1 MiB; what is much longer is not the rest of one.
constexpr uint64_t kMaxTail = 8 * 1024 * 1024;

std::string problem(const std::string& what) {
  return what + ": " + std::strerror(errno);
}

// The bytes behind the good part. valkey-check-aof has read them a moment ago, so this does not wait for the disk.
Result<std::string> read_tail(const std::string& path, const AofAnalysis& found) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes(found.behind, '\0');
  file.seekg(static_cast<std::streamoff>(found.good));
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file) return Failure{problem("cannot read " + path)};
  return bytes;
}

std::string last_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

}  // namespace

EmbeddedServer::EmbeddedServer(Loop& loop, std::string directory, uint32_t seed, Tell told, Tell refused)
    : loop_(loop),
      directory_(std::move(directory)),
      told_(std::move(told)),
      refused_(std::move(refused)),
      check_(loop),
      backoff_(seed),
      respawn_(loop, [this] {
        if (const auto spawned = spawn(); !spawned) {
          told_(spawned.error());
          start_again();
        }
      }) {
}

EmbeddedServer::~EmbeddedServer() {
  if (pid_ > 0) {
    kill(pid_, SIGTERM);
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  if (lock_ >= 0) close(lock_);
}

Result<bool> EmbeddedServer::start() {
  if (mkdir(directory_.c_str(), 0700) != 0 && errno != EEXIST) {
    return Failure{problem("cannot make the directory " + directory_) + "; its parent has to exist and be writable"};
  }
  std::vector<char> absolute(PATH_MAX);
  if (realpath(directory_.c_str(), absolute.data()) == nullptr) return Failure{problem("cannot use " + directory_)};
  directory_ = absolute.data();
  if (auto locked = lock(); !locked) return locked;

  child_signal_ = HandlePtr<uv_signal_t>(new uv_signal_t);
  ORDERD_CHECK(uv_signal_init(loop_.raw(), child_signal_.get()) == 0, "uv_signal_init failed");
  child_signal_->data = this;
  const auto on_signal = [](uv_signal_t* handle, int) {
    if (handle->data != nullptr) static_cast<EmbeddedServer*>(handle->data)->on_child();
  };
  ORDERD_CHECK(uv_signal_start(child_signal_.get(), on_signal, SIGCHLD) == 0, "uv_signal_start failed");
  return spawn();
}

Result<bool> EmbeddedServer::lock() {
  const std::string path = directory_ + "/orderd.lock";
  // Not closed on exec: the server holds the lock too.
  lock_ = open(path.c_str(), O_RDWR | O_CREAT, 0600);
  if (lock_ < 0) return Failure{problem("cannot open " + path)};
  const auto deadline = std::chrono::steady_clock::now() + kLockPatience;
  while (flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return Failure{problem("cannot lock " + path)};
    if (std::chrono::steady_clock::now() > deadline) {
      return Failure{"the directory " + directory_ +
                     " is in use by another orderd; stop that one, or name another directory"};
    }
    std::this_thread::sleep_for(Milliseconds(20));
  }
  return true;
}

Result<bool> EmbeddedServer::spawn() {
  ORDERD_CHECK(phase_ == Phase::kStopped || phase_ == Phase::kWaiting, "the embedded server runs, or must not");
  const std::string socket = embedded_socket(directory_);
  unlink(socket.c_str());  // of a server that was killed
  std::vector<std::string> words = {"valkey-server",
                                    "--port",
                                    "0",
                                    "--unixsocket",
                                    socket,
                                    "--unixsocketperm",
                                    "700",
                                    "--dir",
                                    directory_,
                                    "--appendonly",
                                    "yes",
                                    "--appendfsync",
                                    "always",
                                    "--aof-load-truncated",
                                    "no",
                                    "--save",
                                    "",
                                    "--maxmemory-policy",
                                    "noeviction",
                                    "--daemonize",
                                    "no",
                                    "--supervised",
                                    "no",
                                    "--logfile",
                                    directory_ + "/valkey.log"};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) return Failure{problem("cannot start valkey-server")};
  if (pid_ == 0) {
    // Only async-signal-safe calls from here on.
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    // A terminal's Ctrl-C goes to orderd alone, which still needs the server to finish.
    setpgid(0, 0);
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent) _exit(1);
    const int null = open("/dev/null", O_RDWR);
    if (null >= 0) {
      dup2(null, STDIN_FILENO);
      dup2(null, STDOUT_FILENO);
      dup2(null, STDERR_FILENO);
    }
    execvp(arguments[0], arguments.data());
    _exit(kNotFound);
  }
  phase_ = Phase::kRunning;
  return true;
}

bool EmbeddedServer::listening() const {
  return access(embedded_socket(directory_).c_str(), F_OK) == 0;
}

void EmbeddedServer::start_again() {
  phase_ = Phase::kWaiting;
  respawn_.start(backoff_.next());
}

void EmbeddedServer::on_child() {
  int status = 0;
  if (pid_ <= 0 || waitpid(pid_, &status, WNOHANG) != pid_) return;
  pid_ = -1;
  if (phase_ == Phase::kStopping) {
    phase_ = Phase::kStopped;
    child_signal_.reset();
    return std::exchange(stopped_, nullptr)();
  }
  // With this status it ends where it cannot load its files, among other reasons.
  if (WIFEXITED(status) && WEXITSTATUS(status) == 1 && access(manifest().c_str(), F_OK) == 0) return check();
  std::string how = WIFEXITED(status) ? "with status " + std::to_string(WEXITSTATUS(status))
                                      : "by signal " + std::to_string(WTERMSIG(status));
  if (WIFEXITED(status) && WEXITSTATUS(status) == kNotFound) {
    how += ": the program valkey-server was not found on the PATH; install Valkey 8 (tools/setup does)";
  }
  told_("the embedded valkey-server ended " + how + "; see " + directory_ + "/valkey.log; starting it again");
  start_again();
}

std::string EmbeddedServer::manifest() const {
  return directory_ + kFiles + "appendonly.aof.manifest";
}

void EmbeddedServer::check() {
  phase_ = Phase::kChecking;
  const auto started = check_.start(manifest(), AofCheck::Mode::kLook,
                                    [this](const Result<AofCheck::Report>& report) { on_checked(report); });
  if (!started) on_checked(started.failure());
}

void EmbeddedServer::on_checked(const Result<AofCheck::Report>& report) {
  ORDERD_CHECK(phase_ == Phase::kChecking, "a report that nobody waits for");
  if (!report || report->exit_status == 0) {
    told_("the embedded valkey-server ended with status 1, and its append-only file " +
          (report ? "is whole" : "could not be checked: " + report.error()) + "; see " + directory_ +
          "/valkey.log; starting it again");
    return start_again();
  }
  const auto found = analysis_of(report->output);
  if (!found) return refuse(manifest() + ": valkey-check-aof says '" + last_line(report->output) + "'");
  const std::string file = directory_ + kFiles + found->file;
  const std::string place = file + " is damaged at byte " + std::to_string(found->good) + ": the " +
                            std::to_string(found->behind) + " bytes from there on are ";
  if (found->behind > kMaxTail) return refuse(place + "more than one torn decision");
  const auto bytes = read_tail(file, *found);
  if (!bytes) return refuse(bytes.error());
  if (!is_torn(*bytes)) return refuse(place + "not the beginning of one torn decision");
  mend(file, *found);
}

void EmbeddedServer::mend(const std::string& file, const AofAnalysis& found) {
  phase_ = Phase::kMending;
  const auto mended = [this, file, behind = found.behind](const Result<AofCheck::Report>& report) {
    if (!report) {
      told_(report.error() + ", when it should mend " + file + "; starting the server again");
      return start_again();
    }
    if (report->exit_status != 0) {
      return refuse(file + " ends with a torn decision, and valkey-check-aof --fix says '" + last_line(report->output) +
                    "'");
    }
    told_(file + " ended in the middle of a decision, as a crash or a power cut leaves it; its last " +
          std::to_string(behind) + " bytes were cut off, so that this decision was never made; starting the server");
    start_again();
  };
  const auto started = check_.start(manifest(), AofCheck::Mode::kFix, mended);
  if (!started) mended(started.failure());
}

void EmbeddedServer::refuse(const std::string& what) {
  phase_ = Phase::kRefused;
  refused_("the embedded valkey-server does not start: " + what + "; nothing was changed. Copy " + directory_ +
           " away, then restore a backup; valkey-check-aof --fix " + manifest() +
           " would lose every decision behind the damage (docs/operations.md, The machine lost its power)");
}

void EmbeddedServer::stop(std::function<void()> stopped) {
  respawn_.stop();
  check_.cancel();
  if (phase_ != Phase::kRunning && phase_ != Phase::kStopping) {
    phase_ = Phase::kStopped;
    child_signal_.reset();
    return stopped();
  }
  phase_ = Phase::kStopping;
  stopped_ = std::move(stopped);
  kill(pid_, SIGTERM);
}

}  // namespace orderd::valkey
