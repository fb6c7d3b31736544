// mkstemp and unlink: works on every file system that O_TMPFILE does not.
#include "audit/spill_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

namespace orderd::audit {
namespace {

std::string directory() {
  const char* given = std::getenv("TMPDIR");
  return given != nullptr && *given != '\0' ? given : "/tmp";
}

Failure trouble(const char* what) {
  return Failure{std::string("cannot ") + what + " a temporary file in " + directory() + " (" + std::strerror(errno) +
                 "): point TMPDIR at a directory with more room, or give more with --memory"};
}

}  // namespace

SpillFile::~SpillFile() {
  if (file_ >= 0) (void)close(file_);
}

Result<bool> SpillFile::append(std::span<const std::byte> bytes) {
  if (file_ < 0) {
    std::string path = directory() + "/orderctl-audit-XXXXXX";
    file_ = mkostemp(path.data(), O_CLOEXEC);
    if (file_ < 0) return trouble("create");
    if (unlink(path.c_str()) != 0) return trouble("unlink");
  }
  while (!bytes.empty()) {
    const ssize_t written = write(file_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return trouble("write");
    size_ += static_cast<std::size_t>(written);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

Result<bool> SpillFile::read(std::size_t from, std::span<std::byte> bytes) const {
  while (!bytes.empty()) {
    const ssize_t got = pread(file_, bytes.data(), bytes.size(), static_cast<off_t>(from));
    if (got < 0 && errno == EINTR) continue;
    if (got == 0) errno = EIO;
    if (got <= 0) return trouble("read");
    from += static_cast<std::size_t>(got);
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
  return true;
}

}  // namespace orderd::audit
