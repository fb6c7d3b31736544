#include "daemon/log.h"

#include <doctest/doctest.h>
#include <spdlog/spdlog.h>
#include <sys/wait.h>

#include <csignal>
#include <functional>
#include <nlohmann/json.hpp>
#include <regex>

#include "ends.h"
#include "support/text.h"

namespace orderd::daemon {
namespace {

using settings::LogFormat;
using settings::LogLevel;
using test::contains;
using test::Ends;

// Runs `body` while standard error is `file`; -1: closed. Leaves the default logger as `body` set it.
void with_standard_error(int file, const std::function<void()>& body) {
  const int saved = ::dup(STDERR_FILENO);
  REQUIRE(saved >= 0);
  if (file < 0) {
    ::close(STDERR_FILENO);
  } else {
    ::dup2(file, STDERR_FILENO);
  }
  body();
  spdlog::default_logger()->flush();
  ::dup2(saved, STDERR_FILENO);
  ::close(saved);
}

// The standard error output of `body`.
std::string logged(const std::function<void()>& body) {
  Ends ends = Ends::pipe();
  with_standard_error(ends.writer(), body);
  return ends.read();
}

const char* const kTime = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z";

TEST_CASE("a text line has the time in UTC and the level and the message") {
  const std::string text = logged([] {
    init_log(LogLevel::kTrace, LogFormat::kText);
    spdlog::trace("t");
    spdlog::debug("d");
    spdlog::info("message key={}", 7);
    spdlog::warn("w");
    spdlog::error("e");
    spdlog::critical("c");
  });
  const std::string time = kTime;
  CHECK(std::regex_match(text, std::regex(time + " trace t\n" + time + " debug d\n" + time + " info  message key=7\n" +
                                          time + " warn  w\n" + time + " error e\n" + time + " error c\n")));
}

TEST_CASE("the time is that of the clock in UTC") {
  ::setenv("TZ", "Asia/Tokyo", 1);
  ::tzset();
  const std::time_t before = std::time(nullptr);
  const std::string text = logged([] {
    init_log(LogLevel::kInfo, LogFormat::kText);
    spdlog::info("x");
  });
  std::tm parts{};
  REQUIRE(::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) != nullptr);
  const std::time_t logged_at = ::timegm(&parts);
  CHECK(logged_at >= before);
  CHECK(logged_at <= before + 60);
  ::unsetenv("TZ");
  ::tzset();
}

TEST_CASE("a message is one line whatever it contains") {
  const std::string text = logged([] {
    init_log(LogLevel::kInfo, LogFormat::kText);
    spdlog::info(
        "a\nb\r\x1b[31m\x7f\xc2\x9b"
        "31m\xff \xc3\xa4" +
        std::string(100, 'x'));
  });
  CHECK(text.ends_with("info  a\\x0Ab\\x0D\\x1B[31m\\x7F\\xC2\\x9B31m\\xFF \xc3\xa4" + std::string(100, 'x') + "\n"));
}

TEST_CASE("a JSON line is one object with a time and a level and a message") {
  const std::string text = logged([] {
    init_log(LogLevel::kInfo, LogFormat::kJson);
    spdlog::warn("a \"b\"\n\\ \xff\x01 \xc3\xa4");
  });
  REQUIRE(text.find('\n') == text.size() - 1);
  CHECK(std::regex_search(text,
                          std::regex("^\\{\"time\":\"" + std::string(kTime) + "\",\"level\":\"warn\",\"message\":\"")));
  const auto object = nlohmann::json::parse(text);
  CHECK(object.size() == 3);
  CHECK(object["message"] == "a \"b\"\n\\ \xef\xbf\xbd\x01 \xc3\xa4");
}

TEST_CASE("level and format change live") {
  const std::string text = logged([] {
    init_log(LogLevel::kWarn, LogFormat::kText);
    spdlog::info("hidden");
    set_log(LogLevel::kDebug, LogFormat::kJson);
    spdlog::debug("shown");
    spdlog::trace("hidden");
    set_log(LogLevel::kError, LogFormat::kText);
    spdlog::warn("hidden");
    spdlog::error("last");
  });
  CHECK_FALSE(contains(text, "hidden"));
  CHECK(contains(text, "\"message\":\"shown\"}\n"));
  CHECK(text.ends_with(" error last\n"));
}

TEST_CASE("log lines that cannot be written are only counted") {
  Ends closed = Ends::pipe();
  closed.close_reader();
  const int full = ::open("/dev/full", O_WRONLY);
  REQUIRE(full >= 0);
  for (const int file : {-1, closed.writer(), full}) {
    with_standard_error(file, [] {
      init_log(LogLevel::kInfo, LogFormat::kText);
      spdlog::info("lost");
      set_log(LogLevel::kInfo, LogFormat::kJson);
      spdlog::info("lost");
      spdlog::default_logger()->flush();
      CHECK(dropped_log_lines() == 2);
    });
  }
  ::close(full);
  const std::string text = logged([] { spdlog::info("found"); });
  const auto notice = nlohmann::json::parse(text.substr(0, text.find('\n')));
  CHECK(notice["level"] == "warn");
  CHECK(notice["message"] == "2 log lines dropped: standard error was blocked or failed");
  CHECK(contains(text, "found"));
}

TEST_CASE("what was logged before an abort is written") {
  Ends ends = Ends::pipe();
  // The child has only the thread that forked: no logger may be waiting for another one.
  spdlog::set_default_logger(std::make_shared<spdlog::logger>("none"));
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::dup2(ends.writer(), STDERR_FILENO);
    ::signal(SIGABRT, SIG_DFL);
    init_log(LogLevel::kInfo, LogFormat::kText);
    for (int i = 0; i < 300; ++i) spdlog::info("line {}", i);
    std::abort();
  }
  init_log(LogLevel::kInfo, LogFormat::kText);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGABRT);
  CHECK(ends.read().ends_with("line 299\n"));
}

TEST_CASE("lines are colored on a terminal unless NO_COLOR is set") {
  Ends ends = Ends::terminal();
  const auto shown = [&] {
    with_standard_error(ends.writer(), [] {
      init_log(LogLevel::kInfo, LogFormat::kText);
      spdlog::warn("x");
    });
    return ends.read();
  };
  ::unsetenv("NO_COLOR");
  CHECK(contains(shown(), "\x1b[33mwarn\x1b[0m  x"));
  ::setenv("NO_COLOR", "1", 1);
  CHECK_FALSE(contains(shown(), "\x1b"));
  ::unsetenv("NO_COLOR");
}

}  // namespace
}  // namespace orderd::daemon
