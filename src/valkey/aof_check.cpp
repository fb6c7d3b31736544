// A run ends when the process has ended and its output was read to the end, in either order.
#include "valkey/aof_check.h"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string_view>
#include <utility>

namespace orderd::valkey {
namespace {

// The program reads the whole file: some seconds per gigabyte.
constexpr std::chrono::minutes kCheckPatience{10};
constexpr std::size_t kMaxOutput = 64 * 1024;
// To "Continue? [y/N]".
constexpr std::string_view kYes = "y\n";

}  // namespace

AofCheck::AofCheck(Loop& loop)
    : loop_(loop), patience_(loop, [this] {
        failure_ = program_ + " did not end within " + std::to_string(kCheckPatience.count()) + " minutes";
        // Its end is reported next. It may have ended already.
        (void)uv_process_kill(process_.get(), SIGKILL);
      }) {
}

std::string AofCheck::program(std::string_view file) {
  return file.ends_with(".rdb") ? "valkey-check-rdb" : "valkey-check-aof";
}

AofCheck::~AofCheck() {
  cancel();
}

Result<bool> AofCheck::start(const std::string& file, Mode mode, Done done) {
  ORDERD_CHECK(!process_, "a check of the append-only file is in progress");
  program_ = program(file);
  report_ = {};
  failure_.clear();
  exited_ = read_all_ = false;
  if (auto spawned = spawn(file, mode); !spawned) {
    cancel();
    return spawned;
  }
  done_ = std::move(done);
  patience_.start(kCheckPatience);
  return true;
}

void AofCheck::cancel() {
  // It may have ended already.
  if (process_ && !exited_) (void)uv_process_kill(process_.get(), SIGKILL);
  patience_.stop();
  process_.reset();
  pipe_.reset();
  done_ = nullptr;
}

Result<bool> AofCheck::spawn(const std::string& file, Mode mode) {
  // The answer is written before the question is asked: two bytes fit into the pipe.
  std::array<uv_file, 2> answer{};
  if (const int error = uv_pipe(answer.data(), 0, 0); error != 0) {
    return Failure{std::string("cannot make a pipe for ") + program_ + ": " + uv_strerror(error)};
  }
  const bool answered = mode == Mode::kLook || write(answer[1], kYes.data(), kYes.size()) == ssize_t{kYes.size()};
  close(answer[1]);

  pipe_ = HandlePtr<uv_pipe_t>(new uv_pipe_t);
  ORDERD_CHECK(uv_pipe_init(loop_.raw(), pipe_.get(), 0) == 0, "uv_pipe_init failed");
  pipe_->data = this;
  std::array<uv_stdio_container_t, 3> streams{};
  streams[0].flags = UV_INHERIT_FD;
  streams[0].data.fd = answer[0];
  streams[1].flags = static_cast<uv_stdio_flags>(UV_CREATE_PIPE | UV_WRITABLE_PIPE);
  streams[1].data.stream = reinterpret_cast<uv_stream_t*>(pipe_.get());
  streams[2].flags = UV_IGNORE;

  std::string fix = "--fix";
  std::string name = file;
  std::array<char*, 4> words = {program_.data(), fix.data(), name.data(), nullptr};
  if (mode == Mode::kLook) words = {program_.data(), name.data(), nullptr, nullptr};
  uv_process_options_t options{};
  options.file = program_.c_str();
  options.args = words.data();
  options.stdio_count = streams.size();
  options.stdio = streams.data();
  // In its own process group: a terminal's Ctrl-C reaches orderd only, which ends this process itself.
  options.flags = UV_PROCESS_DETACHED;
  options.exit_cb = [](uv_process_t* process, int64_t status, int signal) {
    if (process->data != nullptr) static_cast<AofCheck*>(process->data)->on_exit(status, signal);
  };
  process_ = HandlePtr<uv_process_t>(new uv_process_t);
  const int error = answered ? uv_spawn(loop_.raw(), process_.get(), &options) : UV_EIO;
  process_->data = this;
  close(answer[0]);
  if (error != 0) {
    exited_ = true;
    return Failure{std::string("cannot run ") + program_ + ": " + uv_strerror(error) +
                   "; install it (Debian: valkey-tools; tools/setup does)"};
  }
  const auto buffer = [](uv_handle_t*, std::size_t, uv_buf_t* out) {
    static std::array<char, 4096> bytes;  // emptied before the loop continues
    *out = uv_buf_init(bytes.data(), bytes.size());
  };
  const auto on_read = [](uv_stream_t* stream, ssize_t size, const uv_buf_t* out) {
    if (stream->data != nullptr) static_cast<AofCheck*>(stream->data)->on_output(size, out->base);
  };
  const int reading = uv_read_start(reinterpret_cast<uv_stream_t*>(pipe_.get()), buffer, on_read);
  ORDERD_CHECK(reading == 0, "uv_read_start failed");
  return true;
}

void AofCheck::on_output(ssize_t size, const char* bytes) {
  if (size >= 0) {
    report_.output.append(bytes, static_cast<std::size_t>(size));
    if (report_.output.size() > 2 * kMaxOutput) report_.output.erase(0, report_.output.size() - kMaxOutput);
    return;
  }
  pipe_.reset();
  read_all_ = true;
  finish_when_over();
}

void AofCheck::on_exit(int64_t status, int signal) {
  exited_ = true;
  report_.exit_status = static_cast<int>(status);
  if (signal != 0 && failure_.empty()) failure_ = program_ + " was killed by signal " + std::to_string(signal);
  finish_when_over();
}

void AofCheck::finish_when_over() {
  if (!exited_ || !read_all_) return;
  patience_.stop();
  process_.reset();
  const Result<Report> result = failure_.empty() ? Result<Report>(std::move(report_)) : Failure{failure_};
  std::exchange(done_, nullptr)(result);
}

}  // namespace orderd::valkey
