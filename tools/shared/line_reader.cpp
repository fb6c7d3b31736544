// One buffer: when it is full, an incomplete line moves to its front. A line that does not fit is dropped up to its
// newline.
#include "shared/line_reader.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace orderd::tools {

constexpr std::size_t kReadBytes = 256 * 1024;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

LineReader::LineReader(int file, std::size_t line_bytes_max)
    : file_(file), line_bytes_max_(line_bytes_max), buffer_(line_bytes_max + 1 + kReadBytes) {
}

LineReader::Kind LineReader::next() {
  line_ = {};
  for (;;) {
    const void* newline = std::memchr(buffer_.data() + scanned_, '\n', end_ - scanned_);
    if (newline != nullptr) {
      return finish(static_cast<std::size_t>(static_cast<const char*>(newline) - buffer_.data()) - begin_, 1);
    }
    scanned_ = end_;
    if (ended_) return end_ > begin_ || cutting_ ? finish(end_ - begin_, 0) : Kind::kEnd;
    if (end_ - begin_ > line_bytes_max_) {
      cutting_ = true;
      bytes_ += end_ - begin_;
      begin_ = scanned_ = end_ = 0;
    }
    if (begin_ > 0 && buffer_.size() - end_ < kReadBytes) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      scanned_ -= begin_;
      begin_ = 0;
    }
    pollfd ready{.fd = file_, .events = POLLIN, .revents = 0};
    if (poll(&ready, 1, 0) == 0) return Kind::kWait;
    const ssize_t got = read(file_, buffer_.data() + end_, buffer_.size() - end_);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return Kind::kWait;
    if (got < 0) return Kind::kBroken;
    ended_ = got == 0;
    end_ += static_cast<std::size_t>(got);
  }
}

void LineReader::wait() const {
  pollfd ready{.fd = file_, .events = POLLIN, .revents = 0};
  // After a signal or an error the next read reports it.
  (void)poll(&ready, 1, -1);
}

LineReader::Kind LineReader::finish(std::size_t size, std::size_t newline) {
  const bool too_long = cutting_ || size > line_bytes_max_;
  if (!too_long) line_ = std::string_view(buffer_.data() + begin_, size);
  if (number_ == 0 && line_.starts_with(kByteOrderMark)) line_.remove_prefix(kByteOrderMark.size());
  cutting_ = false;
  begin_ += size + newline;
  scanned_ = begin_;
  bytes_ += size + newline;
  ++number_;
  return too_long ? Kind::kLong : Kind::kLine;
}

}  // namespace orderd::tools
