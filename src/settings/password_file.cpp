// Opens first and checks the open descriptor, so that the checked file is the one that is read.
#include "settings/password_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace orderd::settings {
namespace {

constexpr std::size_t kMaxPasswordBytes = 1024;

Result<std::string> read_open_file(int file) {
  struct stat status {};
  if (::fstat(file, &status) != 0) return Failure{std::string("it cannot be read: ") + std::strerror(errno)};
  if (!S_ISREG(status.st_mode)) return Failure{"it is not a regular file"};
  if ((status.st_mode & S_IROTH) != 0) return Failure{"it is world-readable; run chmod 600 on it"};
  // One line, and one more byte to detect a longer one.
  std::array<char, kMaxPasswordBytes + 2> buffer{};
  std::size_t size = 0;
  while (size < buffer.size()) {
    const ssize_t got = ::read(file, buffer.data() + size, buffer.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failure{std::string("it cannot be read: ") + std::strerror(errno)};
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  std::string_view text(buffer.data(), size);
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  if (text.empty()) return Failure{"its first line is empty; put the password there"};
  if (text.size() > kMaxPasswordBytes) {
    return Failure{"its first line is longer than " + std::to_string(kMaxPasswordBytes) + " bytes"};
  }
  return std::string(text);
}

}  // namespace

Result<std::string> read_password_file(const std::string& path) {
  // O_NONBLOCK: opening a FIFO without a writer would block the daemon.
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return Failure{std::string("it cannot be read: ") + std::strerror(errno)};
  auto password = read_open_file(file);
  ::close(file);
  return password;
}

}  // namespace orderd::settings
