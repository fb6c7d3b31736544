// Writes a command in RESP, straight into one growing buffer: several times as fast as hiredis' formatting.
#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace orderd::valkey {

// The number of arguments has to be known beforehand. Usage: Command c; c.begin(3); c.add("SET"); c.add(key);
// c.add(value); The buffer is kept between begin() calls.
class Command {
 public:
  Command() = default;
  // A whole command at once.
  template <class... Arguments>
  [[nodiscard]] static Command of(const Arguments&... arguments) {
    Command command;
    command.begin(sizeof...(arguments));
    (command.add(arguments), ...);
    return command;
  }

  // Drops what is there and starts a command of `arguments` arguments, its name included.
  void begin(std::size_t arguments) {
    bytes_.clear();
    prefix('*', arguments);
    announced_ = arguments;
  }
  void add(std::string_view text) {
    prefix('$', text.size());
    bytes_.append(text);
    bytes_.append("\r\n", 2);
    --announced_;
  }
  void add(const char* text) { add(std::string_view(text)); }
  void add(std::integral auto number) {
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    add(std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())));
  }

  // Where the last byte of the argument added last stands (it may not be empty), and changing that byte later.
  [[nodiscard]] std::size_t last_byte() const { return bytes_.size() - 3; }
  void patch(std::size_t at, char byte) { bytes_[at] = byte; }
  // Gives memory back that one large command has taken.
  void shrink(std::size_t limit) {
    if (bytes_.capacity() > limit) std::string().swap(bytes_);
  }

  // Were as many arguments added as were announced?
  [[nodiscard]] bool complete() const { return announced_ == 0; }
  [[nodiscard]] std::string_view bytes() const { return bytes_; }

 private:
  void prefix(char kind, std::size_t number) {
    std::array<char, 24> digits;
    digits[0] = kind;
    auto* end = std::to_chars(digits.data() + 1, digits.data() + digits.size() - 2, number).ptr;
    *end++ = '\r';
    *end++ = '\n';
    bytes_.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
  }

  std::string bytes_;
  std::size_t announced_ = 0;
};

}  // namespace orderd::valkey
