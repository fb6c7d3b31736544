// fork() and exec() instead of uv_spawn(): before exec the child asks the kernel for SIGTERM when its parent dies. A
// close-on-exec pipe reports whether exec succeeded.
#include "valkey/embedded_server.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "valkey/endpoint.h"

namespace orderd::valkey {
namespace {

constexpr Milliseconds kLockPatience{10'000};
// A server that ran this long had started well: the reason of its end is logged again.
constexpr uint64_t kSteadyMs = 10'000;
constexpr const char* kFiles = "/appendonlydir";

std::string problem(const std::string& what) {
  return what + ": " + std::strerror(errno);
}

// --locale-collate: otherwise it does not start if the environment names a locale that is not installed.
std::vector<std::string> command_line(const std::string& directory) {
  return {"valkey-server",
          "--port",
          "0",
          "--unixsocket",
          embedded_socket(directory),
          "--unixsocketperm",
          "700",
          "--dir",
          directory,
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
          "--locale-collate",
          "C",
          "--daemonize",
          "no",
          "--supervised",
          "no",
          "--logfile",
          directory + "/valkey.log"};
}

// In the child, between fork and exec: only async-signal-safe calls. Writes the reason to the pipe and exits.
[[noreturn]] void become_server(char* const* arguments, pid_t parent, int reason) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  // In its own process group: a terminal's Ctrl-C reaches orderd only, which needs the server until it has finished.
  setpgid(0, 0);
  if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent) _exit(1);
  const int null = open("/dev/null", O_RDWR);
  if (null >= 0) {
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
  }
  execvp(arguments[0], arguments);
  const int error = errno;
  (void)!write(reason, &error, sizeof error);
  _exit(127);
}

// The errno of a failed exec; 0: it succeeded.
int exec_error(int reason) {
  int error = 0;
  ssize_t size = 0;
  do size = read(reason, &error, sizeof error);
  while (size < 0 && errno == EINTR);
  return size == ssize_t{sizeof error} ? error : 0;
}

}  // namespace

EmbeddedServer::EmbeddedServer(Loop& loop, std::string directory, uint32_t seed, Report report, Report refused)
    : loop_(loop),
      directory_(std::move(directory)),
      report_(std::move(report)),
      refused_(std::move(refused)),
      repair_(loop),
      backoff_(seed),
      respawn_(loop, [this] {
        if (const auto spawned = spawn(); !spawned) {
          say(spawned.error() + "; trying again");
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
}

Result<bool> EmbeddedServer::start() {
  if (mkdir(directory_.c_str(), 0700) != 0 && errno != EEXIST) {
    return Failure{problem("cannot make the directory " + directory_) + "; its parent has to exist and be writable"};
  }
  std::vector<char> absolute(PATH_MAX);
  if (realpath(directory_.c_str(), absolute.data()) == nullptr) return Failure{problem("cannot use " + directory_)};
  directory_ = absolute.data();
  if (const std::size_t bytes = embedded_socket(directory_).size(); bytes >= sizeof(sockaddr_un::sun_path)) {
    return Failure{"cannot use " + directory_ + ": the path of the socket in it has " + std::to_string(bytes) +
                   " bytes; at most " + std::to_string(sizeof(sockaddr_un::sun_path) - 1) + " are allowed"};
  }
  const auto waits = [this](const std::string& what) { say(what); };
  if (auto locked = lock_.take(directory_, kLockPatience, waits); !locked) return locked;
  watch_children();
  return spawn();
}

void EmbeddedServer::watch_children() {
  child_signal_ = HandlePtr<uv_signal_t>(new uv_signal_t);
  ORDERD_CHECK(uv_signal_init(loop_.raw(), child_signal_.get()) == 0, "uv_signal_init failed");
  child_signal_->data = this;
  const auto on_signal = [](uv_signal_t* handle, int) {
    if (handle->data != nullptr) static_cast<EmbeddedServer*>(handle->data)->on_child();
  };
  ORDERD_CHECK(uv_signal_start(child_signal_.get(), on_signal, SIGCHLD) == 0, "uv_signal_start failed");
}

Result<bool> EmbeddedServer::spawn() {
  ORDERD_CHECK(phase_ == Phase::kStopped || phase_ == Phase::kWaiting, "the embedded server runs, or must not");
  unlink(embedded_socket(directory_).c_str());  // left by a killed server
  std::vector<std::string> words = command_line(directory_);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  std::array<int, 2> reason{};
  if (pipe2(reason.data(), O_CLOEXEC) != 0) return Failure{problem("cannot start valkey-server")};
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0) become_server(arguments.data(), parent, reason[1]);
  const int fork_error = errno;
  close(reason[1]);
  const int error = child < 0 ? fork_error : exec_error(reason[0]);
  close(reason[0]);
  if (error != 0) {
    if (child > 0) waitpid(child, nullptr, 0);
    if (error == ENOENT) {
      return Failure{
          "the program valkey-server was not found on the PATH: install it (Debian: valkey-server; "
          "tools/setup does), or use a server that runs already"};
    }
    errno = error;
    return Failure{problem("cannot run valkey-server")};
  }
  pid_ = child;
  spawned_ms_ = loop_.now_ms();
  lock_.note_server(pid_);
  phase_ = Phase::kRunning;
  return true;
}

// The socket file alone proves nothing: it exists before the server listens, and an earlier server may have left it.
bool EmbeddedServer::listening() const {
  const std::string path = embedded_socket(directory_);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return false;
  path.copy(address.sun_path, path.size());
  const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return false;
  const bool accepted = connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(probe);
  return accepted;
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
  if (loop_.now_ms() - spawned_ms_ >= kSteadyMs) {
    backoff_.reset();
    said_.clear();
  }
  // The exit status if it cannot load its files, among other reasons.
  const std::string manifest = files() + "/" + AofRepair::kManifest;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 1 && access(manifest.c_str(), F_OK) == 0) {
    phase_ = Phase::kRepairing;
    return repair_.start(files(), [this](const AofRepair::Outcome& outcome) { on_repaired(outcome); });
  }
  const std::string how = WIFEXITED(status) ? "with status " + std::to_string(WEXITSTATUS(status))
                                            : "by signal " + std::to_string(WTERMSIG(status));
  start_again();
  say("valkey-server ended " + how + "; see " + directory_ + "/valkey.log; starting it again");
}

std::string EmbeddedServer::files() const {
  return directory_ + kFiles;
}

void EmbeddedServer::on_repaired(const AofRepair::Outcome& outcome) {
  ORDERD_CHECK(phase_ == Phase::kRepairing, "a report that nobody waits for");
  using Kind = AofRepair::Outcome::Kind;
  if (outcome.kind == Kind::kDamaged) return refuse(outcome.what);
  start_again();
  if (outcome.kind == Kind::kRepaired) return report_(outcome.what + "; starting the server");
  say("valkey-server ended with status 1, and its append-only file " +
      (outcome.kind == Kind::kWhole ? "is whole" : "could not be checked: " + outcome.what) + "; see " + directory_ +
      "/valkey.log; starting it again");
}

void EmbeddedServer::refuse(const std::string& what) {
  phase_ = Phase::kRefused;
  refused_("the embedded valkey-server does not start: " + what + "; nothing was changed. Copy " + directory_ +
           " away, then restore a backup; cutting the file there would lose everything after the damage "
           "(docs/operations.md)");
}

void EmbeddedServer::say(const std::string& what) {
  if (said_.insert(what).second) report_(what);
}

void EmbeddedServer::stop(std::function<void()> stopped) {
  respawn_.stop();
  repair_.cancel();
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
