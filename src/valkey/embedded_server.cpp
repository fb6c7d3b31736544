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
#include <thread>
#include <utility>
#include <vector>

#include "valkey/endpoint.h"

namespace orderd::valkey {
namespace {

constexpr int kNotFound = 127;
constexpr std::chrono::seconds kLockPatience{10};

std::string problem(const std::string& what) {
  return what + ": " + std::strerror(errno);
}

}  // namespace

EmbeddedServer::EmbeddedServer(Loop& loop, std::string directory, uint32_t seed,
                               std::function<void(const std::string&)> told)
    : loop_(loop), directory_(std::move(directory)), told_(std::move(told)), backoff_(seed), respawn_(loop, [this] {
        if (const auto spawned = spawn(); !spawned) {
          told_(spawned.error());
          respawn_.start(backoff_.next());
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
  return true;
}

bool EmbeddedServer::listening() const {
  return access(embedded_socket(directory_).c_str(), F_OK) == 0;
}

void EmbeddedServer::on_child() {
  int status = 0;
  if (pid_ <= 0 || waitpid(pid_, &status, WNOHANG) != pid_) return;
  pid_ = -1;
  if (stopped_) {
    child_signal_.reset();
    return std::exchange(stopped_, nullptr)();
  }
  std::string how = WIFEXITED(status) ? "with status " + std::to_string(WEXITSTATUS(status))
                                      : "by signal " + std::to_string(WTERMSIG(status));
  if (WIFEXITED(status) && WEXITSTATUS(status) == kNotFound) {
    how += ": the program valkey-server was not found on the PATH; install Valkey 8 (tools/setup does)";
  }
  told_("the embedded valkey-server ended " + how + "; see " + directory_ + "/valkey.log; starting it again");
  respawn_.start(backoff_.next());
}

void EmbeddedServer::stop(std::function<void()> stopped) {
  respawn_.stop();
  if (pid_ <= 0) {
    child_signal_.reset();
    return stopped();
  }
  stopped_ = std::move(stopped);
  kill(pid_, SIGTERM);
}

}  // namespace orderd::valkey
