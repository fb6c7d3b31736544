// The output of lines: a file or standard output.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "base/result.h"

namespace orderd::replay {

class Sink {
 public:
  // `name` "" or "-": standard output. An existing file is replaced.
  [[nodiscard]] static Result<Sink> open(const std::string& name);
  Sink(Sink&& other) noexcept;
  Sink& operator=(Sink&&) = delete;
  ~Sink();

  // Errors are reported by the next flush().
  void write(std::string_view text);
  [[nodiscard]] Result<bool> flush();

 private:
  Sink(std::FILE* file, std::string name) : file_(file), name_(std::move(name)) {}
  std::FILE* file_;
  std::string name_;  // for errors
};

}  // namespace orderd::replay
