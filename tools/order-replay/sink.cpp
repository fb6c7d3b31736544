// stdio keeps an error until it is asked for.
#include "order-replay/sink.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include "shared/output.h"

namespace orderd::replay {

Result<Sink> Sink::open(const std::string& name) {
  if (name.empty() || name == "-") return Sink(stdout, "standard output");
  std::FILE* file = std::fopen(name.c_str(), "we");
  const std::string quoted = "'" + tools::shown(name) + "'";
  if (file == nullptr) return Failure{"cannot write " + quoted + ": " + std::strerror(errno)};
  return Sink(file, quoted);
}

Sink::Sink(Sink&& other) noexcept : file_(std::exchange(other.file_, nullptr)), name_(std::move(other.name_)) {
}

Sink::~Sink() {
  // Callers that need to know about errors have called flush().
  if (file_ != nullptr && file_ != stdout) (void)std::fclose(file_);
}

void Sink::write(std::string_view text) {
  (void)std::fwrite(text.data(), 1, text.size(), file_);
}

Result<bool> Sink::flush() {
  if (std::fflush(file_) == 0 && std::ferror(file_) == 0) return true;
  return Failure{"cannot write to " + name_ + ": " + std::strerror(errno)};
}

}  // namespace orderd::replay
