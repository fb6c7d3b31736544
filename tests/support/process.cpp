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

// The test's own, with additions; the last addition of a name wins.
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

bool redirect(const std::string& path, int flags, int target) {
  const int file = open(path.c_str(), flags | O_CLOEXEC, 0600);
  return file >= 0 && dup2(file, target) == target;
}

}  // namespace

Process::Process(std::vector<std::string> argv, const ProcessOptions& options) : name_(argv.at(0)) {
  const std::string input = files_.file("input"), output = files_.file("output"), errors = files_.file("errors");
  std::ofstream(input, std::ios::binary) << options.input;
  std::vector<std::string> environment = merged_environment(options.environment);
  const std::vector<char*> words = pointers(argv), variables = pointers(environment);
  const pid_t parent = getpid();
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    throw std::runtime_error("cannot create a pipe: " + std::string(std::strerror(errno)));
  pid_ = fork();
  if (pid_ == 0) {
    // Catches a parent that died before prctl().
    const bool tied = prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent;
    // The test's connections must not stay open in the child. On a kernel too old for this they do, which most tests do
    // not mind.
    (void)close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    constexpr int kAppend = O_WRONLY | O_CREAT | O_APPEND;
    if (tied && redirect(input, O_RDONLY, STDIN_FILENO) && redirect(output, kAppend, STDOUT_FILENO) &&
        redirect(errors, kAppend, STDERR_FILENO)) {
      execvpe(words[0], words.data(), variables.data());
    }
    const int error = errno;
    _exit(write(ends[1], &error, sizeof error) == sizeof error ? 127 : 126);
  }
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

int Process::wait(std::chrono::milliseconds deadline) {
  if (!poll_until([this] { return !running(); }, deadline)) {
    const std::string text = errors();
    throw std::runtime_error(name_ + " still runs after " + std::to_string(deadline.count()) +
                             " ms; its errors end with:\n" +
                             text.substr(text.size() - std::min<std::size_t>(text.size(), 2000)));
  }
  return *status_;
}

std::string Process::contents(const std::string& name) const {
  std::ifstream file(files_.file(name), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace orderd::test
