// A sink that passes whole lines to the LogWriter, and a formatter for each of the two formats. spdlog's own sinks
// write through stdio, which blocks, and its own patterns print "warning" and escape nothing.
#include "daemon/log.h"

#include <poll.h>
#include <signal.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "daemon/log_writer.h"
#include "settings/text.h"

namespace orderd::daemon {
namespace {

struct Level {
  std::string_view name;
  std::string_view color;
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
  explicit TextFormatter(bool color) : color_(color) {}

  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    const Level level = level_of(message.level);
    append(utc(message.time), out);
    out.push_back(' ');
    if (color_) append(level.color, out);
    append(level.name, out);
    if (color_) append("\x1b[0m", out);
    for (std::size_t column = level.name.size(); column < 6; ++column) out.push_back(' ');
    if (message.logger_name.size() > 0) fmt::format_to(std::back_inserter(out), "[{}] ", view(message.logger_name));
    // A message is one line without terminal escapes: text from outside cannot forge another one.
    append(settings::printable(view(message.payload), SIZE_MAX), out);
    out.push_back('\n');
  }

  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<TextFormatter>(color_);
  }

 private:
  bool color_;
};

class JsonFormatter : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    nlohmann::ordered_json object;
    object["time"] = utc(message.time);
    object["level"] = level_of(message.level).name;
    if (message.logger_name.size() > 0) object["lane"] = view(message.logger_name);
    object["message"] = view(message.payload);
    append(object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace), out);
    out.push_back('\n');
  }

  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<JsonFormatter>(); }
};

enum class Style { kPlain, kColored, kJson };

Style style_of(settings::LogFormat format) {
  if (format == settings::LogFormat::kJson) return Style::kJson;
  const char* no_color = std::getenv("NO_COLOR");
  const bool color = ::isatty(STDERR_FILENO) == 1 && (no_color == nullptr || *no_color == '\0');
  return color ? Style::kColored : Style::kPlain;
}

std::unique_ptr<spdlog::formatter> make_formatter(Style style) {
  if (style == Style::kJson) return std::make_unique<JsonFormatter>();
  return std::make_unique<TextFormatter>(style == Style::kColored);
}

// For the writing thread, which outlives the sink if it is blocked.
std::atomic<Style> notice_style = Style::kPlain;

std::string notice_of(uint64_t lines) {
  const std::string text =
      fmt::format("{} log line{} dropped: standard error was blocked or failed", lines, lines == 1 ? "" : "s");
  const spdlog::details::log_msg message("", spdlog::level::warn, text);
  spdlog::memory_buf_t line;
  make_formatter(notice_style)->format(message, line);
  return {line.data(), line.size()};
}

// The writer that a signal handler may have to wait for.
std::atomic<const LogWriter*> current_writer = nullptr;
static_assert(std::atomic<const LogWriter*>::is_always_lock_free);

class StandardErrorSink : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  StandardErrorSink() { current_writer = &writer_; }
  ~StandardErrorSink() override {
    const LogWriter* mine = &writer_;
    current_writer.compare_exchange_strong(mine, nullptr);
  }
  StandardErrorSink(const StandardErrorSink&) = delete;
  StandardErrorSink& operator=(const StandardErrorSink&) = delete;

  [[nodiscard]] uint64_t dropped() const { return writer_.dropped(); }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    writer_.write({line.data(), line.size()});
  }
  void flush_() override { writer_.flush(); }

 private:
  LogWriter writer_{STDERR_FILENO, notice_of};
};

// A failed check aborts: the lines before it explain it. The writing thread continues meanwhile.
void on_abort(int /*number*/) {
  for (int64_t ms = 0; ms < LogWriter::kPatience.count(); ++ms) {
    const LogWriter* writer = current_writer;
    if (writer == nullptr || writer->idle()) return;
    ::poll(nullptr, 0, 1);
  }
}

void handle_abort() {
  struct sigaction before {};
  if (::sigaction(SIGABRT, nullptr, &before) != 0 || before.sa_handler != SIG_DFL) return;
  struct sigaction action {};
  action.sa_handler = on_abort;
  ::sigaction(SIGABRT, &action, nullptr);  // abort() ends the process when the handler returns
}

}  // namespace

void init_log(settings::LogLevel level, settings::LogFormat format) {
  ::signal(SIGPIPE, SIG_IGN);
  handle_abort();
  auto logger = std::make_shared<spdlog::logger>("", std::make_shared<StandardErrorSink>());
  logger->set_error_handler([](const std::string& /*what*/) {});
  spdlog::set_default_logger(std::move(logger));
  set_log(level, format);
}

void set_log(settings::LogLevel level, settings::LogFormat format) {
  const Style style = style_of(format);
  notice_style = style;
  spdlog::default_logger_raw()->set_formatter(make_formatter(style));
  spdlog::default_logger_raw()->set_level(to_spdlog(level));
  for (const auto& sink : spdlog::default_logger_raw()->sinks()) sink->set_level(to_spdlog(level));
}

uint64_t dropped_log_lines() {
  const auto* sink = dynamic_cast<const StandardErrorSink*>(spdlog::default_logger_raw()->sinks().front().get());
  return sink == nullptr ? 0 : sink->dropped();
}

}  // namespace orderd::daemon
