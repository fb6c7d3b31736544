#include "daemon/log.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>

#include "loop/loop.h"
#include "support/temporary_directory.h"
#include "support/wait_for.h"

namespace orderd::daemon {
namespace {

using namespace std::chrono_literals;
using settings::LogFormat;
using settings::LogLevel;

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

std::string read_all(int file) {
  std::string out;
  std::array<char, 4096> buffer{};
  for (ssize_t got = 0; (got = ::read(file, buffer.data(), buffer.size())) > 0;) {
    out.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return out;
}

// The standard error output of `body`.
std::string logged(const std::function<void()>& body) {
  const test::TemporaryDirectory directory;
  const int file = ::open(directory.file("log").c_str(), O_RDWR | O_CREAT | O_APPEND, 0600);
  REQUIRE(file >= 0);
  with_standard_error(file, body);
  ::lseek(file, 0, SEEK_SET);
  std::string text = read_all(file);
  ::close(file);
  return text;
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
  const char* zone = std::getenv("TZ");
  const std::string saved = zone == nullptr ? "" : zone;
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
  if (zone == nullptr) {
    ::unsetenv("TZ");
  } else {
    ::setenv("TZ", saved.c_str(), 1);
  }
  ::tzset();
}

TEST_CASE("a message is one line whatever it contains") {
  const std::string text = logged([] {
    init_log(LogLevel::kInfo, LogFormat::kText);
    spdlog::info("a\nb\r\x1b[31m\x7f \xc3\xa4");
  });
  CHECK(text.ends_with("info  a\\nb\\x0D\\x1B[31m\\x7F \xc3\xa4\n"));
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
  CHECK(text.find("hidden") == std::string::npos);
  CHECK(text.find("\"message\":\"shown\"}\n") != std::string::npos);
  CHECK(text.ends_with(" error last\n"));
}

TEST_CASE("log lines that cannot be written are only counted") {
  std::array<int, 2> pipe{};
  REQUIRE(::pipe(pipe.data()) == 0);
  ::close(pipe[0]);
  const int full = ::open("/dev/full", O_WRONLY);
  REQUIRE(full >= 0);
  for (const int file : {-1, pipe[1], full}) {
    with_standard_error(file, [] {
      init_log(LogLevel::kInfo, LogFormat::kText);
      spdlog::info("lost");
      set_log(LogLevel::kInfo, LogFormat::kJson);
      spdlog::info("lost");
      spdlog::default_logger()->flush();
      CHECK(dropped_log_lines() == 2);
    });
  }
  ::close(pipe[1]);
  ::close(full);
  const std::string text = logged([] { spdlog::info("found"); });
  const auto notice = nlohmann::json::parse(text.substr(0, text.find('\n')));
  CHECK(notice["level"] == "warn");
  CHECK(notice["message"] == "2 log lines dropped: standard error was blocked or failed");
  CHECK(text.find("found") != std::string::npos);
}

TEST_CASE("a stalled reader of the log does not delay signals") {
  std::array<int, 2> pipe{};
  REQUIRE(::pipe(pipe.data()) == 0);
  std::string text;
  with_standard_error(pipe[1], [&] {
    init_log(LogLevel::kInfo, LogFormat::kText);
    const std::string padding(1000, 'x');
    for (int i = 0; i < 5000; ++i) spdlog::info("{} {}", i, padding);
    CHECK(dropped_log_lines() > 1000);
    bool obeyed = false;
    Loop loop;
    Signal stop(loop, SIGTERM, [&] {
      spdlog::info("shutting down");
      obeyed = true;
      loop.stop();
    });
    ::raise(SIGTERM);
    loop.run();
    CHECK(obeyed);
    // A reader that resumes gets the queued lines, and how many were dropped.
    REQUIRE(::fcntl(pipe[0], F_SETFL, O_NONBLOCK) == 0);
    // There may be several gaps, each with its own notice.
    const auto reported = [&] {
      text.append(read_all(pipe[0]));
      uint64_t lines = 0;
      for (std::size_t at = 0; (at = text.find(" log lines dropped: ", at)) != std::string::npos; ++at) {
        lines += std::stoull(text.substr(text.rfind(' ', at - 1) + 1));
      }
      return lines == dropped_log_lines();
    };
    test::wait_for(reported, 10s, "the notices");
  });
  CHECK(text.find(" info  0 xxx") != std::string::npos);
  init_log(LogLevel::kInfo, LogFormat::kText);
  ::close(pipe[0]);
  ::close(pipe[1]);
}

TEST_CASE("what was logged before an abort is written") {
  std::array<int, 2> pipe{};
  REQUIRE(::pipe(pipe.data()) == 0);
  // The child has only the thread that forked: no logger may be waiting for another one.
  spdlog::set_default_logger(std::make_shared<spdlog::logger>("none"));
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::dup2(pipe[1], STDERR_FILENO);
    ::signal(SIGABRT, SIG_DFL);
    init_log(LogLevel::kInfo, LogFormat::kText);
    for (int i = 0; i < 300; ++i) spdlog::info("line {}", i);
    std::abort();
  }
  ::close(pipe[1]);
  init_log(LogLevel::kInfo, LogFormat::kText);
  const std::string text = read_all(pipe[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  ::close(pipe[0]);
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGABRT);
  CHECK(text.ends_with("line 299\n"));
}

TEST_CASE("lines are colored on a terminal unless NO_COLOR is set") {
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
  REQUIRE(terminal >= 0);
  REQUIRE(::grantpt(terminal) == 0);
  REQUIRE(::unlockpt(terminal) == 0);
  const int end = ::open(::ptsname(terminal), O_RDWR | O_NOCTTY);
  REQUIRE(end >= 0);
  const auto shown = [&] {
    with_standard_error(end, [] {
      init_log(LogLevel::kInfo, LogFormat::kText);
      spdlog::warn("x");
      spdlog::default_logger()->flush();
    });
    return read_all(terminal);
  };
  ::unsetenv("NO_COLOR");
  CHECK(shown().find("\x1b[33mwarn\x1b[0m  x") != std::string::npos);
  ::setenv("NO_COLOR", "1", 1);
  CHECK(shown().find('\x1b') == std::string::npos);
  ::unsetenv("NO_COLOR");
  ::close(end);
  ::close(terminal);
}

}  // namespace
}  // namespace orderd::daemon
