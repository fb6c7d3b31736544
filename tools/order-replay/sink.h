// The output of lines: a file or standard output. stdio keeps an error until it is asked for.
#pragma once

#include <spdlog/fmt/fmt.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "shared/output.h"

namespace orderd::replay {

class Sink {
 public:
  // `name` "" or "-": standard output. An existing file is replaced.
  [[nodiscard]] static Result<Sink> open(const std::string& name) {
    if (name.empty() || name == "-") return Sink(stdout, "standard output");
    std::FILE* file = std::fopen(name.c_str(), "we");
    const int error = errno;
    std::string quoted = "'" + tools::shown(name) + "'";
    if (file == nullptr) return Failure{fmt::format("cannot write {}: {}", quoted, std::strerror(error))};
    return Sink(file, std::move(quoted));
  }
  // All of a file at once.
  [[nodiscard]] static Result<bool> write_file(const std::string& name, std::string_view text) {
    auto sink = open(name);
    if (!sink) return sink.failure();
    sink->write(text);
    return sink->flush();
  }

  // Errors are reported by the next flush().
  void write(std::string_view text) { (void)std::fwrite(text.data(), 1, text.size(), file_.get()); }
  [[nodiscard]] Result<bool> flush() {
    if (std::fflush(file_.get()) == 0 && std::ferror(file_.get()) == 0) return true;
    return Failure{fmt::format("cannot write to {}: {}", name_, std::strerror(errno))};
  }

 private:
  struct Close {
    // Callers that need to know about errors have called flush().
    void operator()(std::FILE* file) const {
      if (file != stdout) (void)std::fclose(file);
    }
  };
  Sink(std::FILE* file, std::string name) : file_(file), name_(std::move(name)) {}
  std::unique_ptr<std::FILE, Close> file_;
  std::string name_;  // for errors
};

}  // namespace orderd::replay
