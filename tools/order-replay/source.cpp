// One line of lookahead: the runner has to know when the next request is due before it takes it.
#include "order-replay/source.h"

#include <fcntl.h>
#include <spdlog/fmt/fmt.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "shared/output.h"

namespace orderd::replay {

Source::Reading Source::as_recording() {
  auto recording = std::make_shared<RecordingReader>();
  return {.line_bytes_max = kMaxLineBytes,
          .read = [recording](std::string_view line, uint64_t /*number*/,
                              Recorded& out) { return recording->read(line, out); },
          .too_long =
              [](uint64_t /*number*/) { return Failure{"longer than " + std::to_string(kMaxLineBytes) + " bytes"}; }};
}

Result<std::unique_ptr<Source>> Source::open(const std::string& name, uint64_t first_line, Reading reading) {
  const bool standard = name == "-";
  const int file = standard ? STDIN_FILENO : ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
  const std::string quoted = standard ? "standard input" : "'" + tools::shown(name) + "'";
  if (file < 0) return Failure{fmt::format("cannot open {}: {}", quoted, std::strerror(errno))};
  struct stat facts {};
  const bool sized = fstat(file, &facts) == 0 && S_ISREG(facts.st_mode);
  const uint64_t size = sized ? static_cast<uint64_t>(facts.st_size) : 0;
  return std::unique_ptr<Source>(new Source(file, quoted, size, first_line, std::move(reading)));
}

Source::Source(int file, std::string name, uint64_t size, uint64_t first_line, Reading reading)
    : file_(file),
      name_(std::move(name)),
      size_(size),
      first_line_(first_line),
      reader_(file, reading.line_bytes_max),
      reading_(std::move(reading)) {
}

Source::State Source::look() {
  while (state_ == State::kWait) {
    const State next = reader_.next();
    if (next == State::kWait || next == State::kEnd) return next;
    if (next == State::kBroken) return fail(fmt::format("cannot read it: {}", std::strerror(errno)));
    const uint64_t number = reader_.number();
    if (number < first_line_) continue;
    line_.kind = Recorded::Kind::kEmpty;
    const auto good = next == State::kLong ? reading_.too_long(number) : reading_.read(reader_.line(), number, line_);
    if (!good) return fail(fmt::format("line {}: {}", number, good.error()));
    if (line_.kind != Recorded::Kind::kEmpty) state_ = State::kLine;
  }
  return state_;
}

Source::State Source::fail(const std::string& what) {
  error_ = name_ + ": " + what;
  return state_ = State::kBroken;
}

}  // namespace orderd::replay
