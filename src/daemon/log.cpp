// A sink that hands whole lines to write(2), and a formatter for each of the two formats. spdlog's own sinks go through
// stdio, and its own patterns call a warning "warning" and escape nothing.
#include "daemon/log.h"

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace orderd::daemon {
namespace {

struct Level {
  std::string_view name;
  std::string_view colour;
};

Level level_of(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::trace: return {"trace", "\x1b[2m"};
    case spdlog::level::debug: return {"debug", "\x1b[36m"};
    case spdlog::level::info: return {"info", "\x1b[32m"};
    case spdlog::level::warn: return {"warn", "\x1b[33m"};
    default: return {"error", "\x1b[31m"};
  }
}

spdlog::level::level_enum to_spdlog(settings::LogLevel level) {
  switch (level) {
    case settings::LogLevel::kTrace: return spdlog::level::trace;
    case settings::LogLevel::kDebug: return spdlog::level::debug;
    case settings::LogLevel::kInfo: return spdlog::level::info;
    case settings::LogLevel::kWarn: return spdlog::level::warn;
    case settings::LogLevel::kError: return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::string utc(spdlog::log_clock::time_point time) {
  const auto since_epoch = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
  const std::time_t whole = seconds.count();
  std::tm parts{};
  gmtime_r(&whole, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, (since_epoch - seconds).count());
}

std::string_view view(spdlog::string_view_t text) {
  return {text.data(), text.size()};
}

void append(std::string_view text, spdlog::memory_buf_t& out) {
  out.append(text.data(), text.data() + text.size());
}

class TextFormatter : public spdlog::formatter {
 public:
  explicit TextFormatter(bool colour) : colour_(colour) {}

  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    const Level level = level_of(message.level);
    append(utc(message.time), out);
    out.push_back(' ');
    if (colour_) append(level.colour, out);
    append(level.name, out);
    if (colour_) append("\x1b[0m", out);
    for (std::size_t column = level.name.size(); column < 6; ++column) out.push_back(' ');
    append_line(view(message.payload), out);
    out.push_back('\n');
  }

  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<TextFormatter>(colour_);
  }

 private:
  // A message is one line: text from outside may forge none.
  static void append_line(std::string_view text, spdlog::memory_buf_t& out) {
    for (const char c : text) {
      if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) {
        out.push_back(c);
      } else if (c == '\n') {
        append("\\n", out);
      } else {
        fmt::format_to(std::back_inserter(out), "\\x{:02X}", static_cast<unsigned char>(c));
      }
    }
  }

  bool colour_;
};

class JsonFormatter : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    nlohmann::ordered_json object;
    object["time"] = utc(message.time);
    object["level"] = level_of(message.level).name;
    object["message"] = view(message.payload);
    append(object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace), out);
    out.push_back('\n');
  }

  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<JsonFormatter>(); }
};

class StandardErrorSink : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    // The rest of the last line was lost: end it, so that this one stands alone.
    if (torn_) line.push_back('\n');
    formatter_->format(message, line);
    const std::size_t written = write_all({line.data(), line.size()});
    torn_ = written == 0 ? torn_ : written < line.size();
  }
  void flush_() override {}

 private:
  // How much of it was written; what cannot be written now is dropped.
  static std::size_t write_all(std::string_view text) {
    std::size_t done = 0;
    while (done < text.size()) {
      const ssize_t written = ::write(STDERR_FILENO, text.data() + done, text.size() - done);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) break;
      done += static_cast<std::size_t>(written);
    }
    return done;
  }

  bool torn_ = false;
};

std::unique_ptr<spdlog::formatter> make_formatter(settings::LogFormat format) {
  if (format == settings::LogFormat::kJson) return std::make_unique<JsonFormatter>();
  const char* no_color = std::getenv("NO_COLOR");
  const bool colour = ::isatty(STDERR_FILENO) == 1 && (no_color == nullptr || *no_color == '\0');
  return std::make_unique<TextFormatter>(colour);
}

}  // namespace

void init_log(settings::LogLevel level, settings::LogFormat format) {
  std::signal(SIGPIPE, SIG_IGN);
  auto logger = std::make_shared<spdlog::logger>("", std::make_shared<StandardErrorSink>());
  logger->set_error_handler([](const std::string& /*what*/) {});
  spdlog::set_default_logger(std::move(logger));
  set_log(level, format);
}

void set_log(settings::LogLevel level, settings::LogFormat format) {
  spdlog::default_logger_raw()->set_formatter(make_formatter(format));
  spdlog::default_logger_raw()->set_level(to_spdlog(level));
}

}  // namespace orderd::daemon
