// fork and exec. Standard input, output and error are files, so a test need not read or write while the program runs. A
// failed exec is reported through a pipe that closes when exec succeeds.
#include "support/process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>

#include "support/wait_for.h"

namespace orderd::test {
namespace {

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// The last addition of a name wins.
std::vector<std::string> merged_environment(const std::vector<std::string>& additions) {
  std::map<std::string, std::string> merged;
  const auto put = [&merged](const std::string& entry) { merged[entry.substr(0, entry.find('='))] = entry; };
  for (char** entry = environ; *entry != nullptr; ++entry) put(*entry);
  for (const std::string& addition : additions) put(addition);
  std::vector<std::string> entries;
  for (auto& [name, entry] : merged) entries.push_back(std::move(entry));
  return entries;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (auto& string : strings) result.push_back(string.data());
  result.push_back(nullptr);
  return result;
}

struct Plan {
  std::vector<char*> argv;
  std::vector<char*> environment;
  std::string input, output, errors;
  pid_t parent;
  int error_pipe;  // errno is written to it if exec fails
};

bool redirect(const std::string& path, int flags, int target) {
  const int file = open(path.c_str(), flags | O_CLOEXEC, 0600);
  return file >= 0 && dup2(file, target) == target;
}

// In the child: runs the program.
[[noreturn]] void become(const Plan& plan) {
  // Catches a parent that died before prctl().
  const bool tied = prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == plan.parent;
  // The test's connections must not stay open in the child. On a kernel too old for this they do, which most tests do
  // not mind.
  (void)close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  if (tied && redirect(plan.input, O_RDONLY, STDIN_FILENO) &&
      redirect(plan.output, O_WRONLY | O_CREAT | O_APPEND, STDOUT_FILENO) &&
      redirect(plan.errors, O_WRONLY | O_CREAT | O_APPEND, STDERR_FILENO)) {
    execvpe(plan.argv[0], plan.argv.data(), plan.environment.data());
  }
  const int error = errno;
  _exit(write(plan.error_pipe, &error, sizeof error) == sizeof error ? 127 : 126);
}

}  // namespace

Process::Process(std::vector<std::string> argv, const ProcessOptions& options) : name_(argv.at(0)) {
  std::ofstream(files_.file("input"), std::ios::binary) << options.input;
  std::vector<std::string> environment = merged_environment(options.environment);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    throw std::runtime_error("cannot create a pipe: " + std::string(std::strerror(errno)));
  const Plan plan{pointers(argv),
                  pointers(environment),
                  files_.file("input"),
                  files_.file("output"),
                  files_.file("errors"),
                  getpid(),
                  ends[1]};
  pid_ = fork();
  if (pid_ == 0) become(plan);
  close(ends[1]);
  int error = pid_ < 0 ? errno : 0;
  const ssize_t got = pid_ < 0 ? 0 : read(ends[0], &error, sizeof error);
  close(ends[0]);
  if (pid_ > 0 && got == 0) return;
  if (pid_ > 0) waitpid(pid_, nullptr, 0);
  throw std::runtime_error("cannot start " + name_ + ": " + std::strerror(error));
}

Process::~Process() {
  if (!running()) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

bool Process::running() {
  if (status_) return false;
  int raw = 0;
  if (waitpid(pid_, &raw, WNOHANG) != pid_) return true;
  status_ = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
  return false;
}

void Process::signal(int number) {
  if (running()) kill(pid_, number);
}

void Process::pause() {
  if (!running()) return;
  kill(pid_, SIGSTOP);
  siginfo_t ignored;
  while (waitid(P_PID, static_cast<id_t>(pid_), &ignored, WSTOPPED | WEXITED | WNOWAIT) != 0 && errno == EINTR) {
  }
}

void Process::resume() {
  signal(SIGCONT);
}

int Process::wait(std::chrono::milliseconds deadline) {
  if (!poll_until([this] { return !running(); }, deadline)) {
    const std::string text = errors();
    throw std::runtime_error(name_ + " still runs after " + std::to_string(deadline.count()) +
                             " ms; its errors end with:\n" +
                             text.substr(text.size() - std::min<std::size_t>(text.size(), 2000)));
  }
  return *status_;
}

std::string Process::output() const {
  return contents(files_.file("output"));
}
std::string Process::errors() const {
  return contents(files_.file("errors"));
}

}  // namespace orderd::test
