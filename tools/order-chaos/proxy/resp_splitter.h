// Follows a stream of RESP2 values, however fragmented, without storing it: reports where values end and how deep they
// are nested. A command is such a value too: an array of bulk strings.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace orderd::test {

class RespSplitter {
 public:
  struct Step {
    std::size_t eaten = 0;
    bool garbage = false;  // not RESP2; nothing after it can be parsed
    // What ended with the last byte consumed: the values at depths `outermost` to `innermost`; -1: none. 0 is a whole
    // reply, 1 an element of it, and so on.
    int outermost = -1;
    int innermost = -1;
    [[nodiscard]] bool whole() const { return outermost == 0; }
    [[nodiscard]] bool ended(int depth) const { return outermost >= 0 && outermost <= depth && depth <= innermost; }
  };

  // Consumes up to the next end of a value, or everything.
  [[nodiscard]] Step take(std::string_view bytes) {
    Step step;
    while (step.eaten < bytes.size() && step.outermost < 0 && !step.garbage) {
      if (body_left_ > 0) {
        const auto some = std::min<uint64_t>(body_left_, bytes.size() - step.eaten);
        step.eaten += some;
        body_left_ -= some;
        if (body_left_ == 0) leaf(step);
      } else {
        line_byte(bytes[step.eaten++], step);
      }
    }
    return step;
  }

  // True between two whole values.
  [[nodiscard]] bool at_start() const { return length_ == 0 && body_left_ == 0 && open_.empty(); }

 private:
  static constexpr std::size_t kHeadMax = 24;  // type and digits; the text after + and - is not stored
  static constexpr std::size_t kDepthMax = 32;
  static constexpr int64_t kCountMax = int64_t{1} << 32;

  void line_byte(char byte, Step& step) {
    if (byte != '\n' || !carriage_) {
      carriage_ = byte == '\r';
      if (length_ < kHeadMax) head_[length_] = byte;
      ++length_;
      const char kind = head_[0];
      const bool text = kind == '+' || kind == '-';
      step.garbage = (!text && kind != ':' && kind != '$' && kind != '*') || (!text && length_ > kHeadMax);
      return;
    }
    const char kind = head_[0];
    const std::size_t end = length_ - 1;  // without the carriage return
    length_ = 0;
    carriage_ = false;
    if (kind == '+' || kind == '-') return leaf(step);
    int64_t number = 0;
    const auto [stop, bad] = std::from_chars(head_ + 1, head_ + end, number);
    step.garbage = bad != std::errc{} || stop != head_ + end;
    if (step.garbage || kind == ':') return step.garbage ? void() : leaf(step);
    if (number < -1 || number > kCountMax || open_.size() == kDepthMax) {
      step.garbage = true;
    } else if (kind == '$' && number >= 0) {
      body_left_ = static_cast<uint64_t>(number) + 2;
    } else if (kind == '*' && number > 0) {
      open_.push_back(number);
    } else {
      leaf(step);
    }
  }

  // A value without children ended, and so did each array whose last element it is.
  void leaf(Step& step) {
    step.innermost = static_cast<int>(open_.size());
    while (!open_.empty() && --open_.back() == 0) open_.pop_back();
    step.outermost = open_.empty() ? 0 : static_cast<int>(open_.size());
  }

  char head_[kHeadMax] = {};
  std::size_t length_ = 0;  // bytes of the line so far
  bool carriage_ = false;
  uint64_t body_left_ = 0;     // bytes of a bulk string and its CR LF
  std::vector<int64_t> open_;  // elements still to come, per open array
};

}  // namespace orderd::test
