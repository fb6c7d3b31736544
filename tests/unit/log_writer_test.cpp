#include "daemon/log_writer.h"

#include <doctest/doctest.h>

#include "ends.h"
#include "support/temporary_directory.h"

namespace orderd::daemon {
namespace {

using namespace std::chrono_literals;
using test::Ends;

std::string notice(uint64_t lines) {
  return "(" + std::to_string(lines) + " dropped)\n";
}
std::string line(int number) {
  return std::to_string(number) + " " + std::string(100, 'x') + "\n";
}
std::string lines(int from, int to) {
  std::string out;
  for (int i = from; i < to; ++i) out += line(i);
  return out;
}

// Makes the thread block in a write, then fills the queue until one line is dropped. Returns what will be written.
// Order matters: while the thread has not taken its batch, it could still empty the queue between two lines.
std::string fill(LogWriter& writer, const Ends& ends) {
  std::string taken = std::string(1'000'000, 'f') + "\n";  // more than a pipe or a terminal buffers
  writer.write(taken);
  test::wait_for([&] { return ends.readable(); }, 10s, "the start of the line");
  const uint64_t before = writer.dropped();
  for (int i = 0; true; ++i) {
    writer.write(line(i));
    if (writer.dropped() > before) return taken;
    taken += line(i);
  }
}

TEST_CASE("lines are written completely and in order") {
  for (const auto& make : {Ends::pipe, Ends::terminal}) {
    Ends ends = make();
    LogWriter writer(ends.writer(), notice);
    CHECK(writer.idle());
    for (int i = 0; i < 20; ++i) writer.write(line(i));
    CHECK(writer.flush(10s));
    CHECK(writer.idle());
    CHECK(ends.read() == lines(0, 20));
    CHECK(writer.dropped() == 0);
  }
}

TEST_CASE("a stalled reader blocks nothing and the gap is reported at its place") {
  for (const auto& make : {Ends::pipe, Ends::terminal}) {
    Ends ends = make();
    LogWriter writer(ends.writer(), notice, 1'000'000);
    const std::string taken = fill(writer, ends);
    for (int i = 0; i < 99; ++i) writer.write("lost\n");
    CHECK(writer.dropped() == 100);
    CHECK(!writer.idle());
    CHECK(!writer.flush(10ms));
    CHECK(ends.read_until(notice(100)) == taken + notice(100));
    writer.write("after\n");
    CHECK(writer.flush(10s));
    CHECK(ends.read() == "after\n");
    CHECK(writer.dropped() == 100);
  }
}

TEST_CASE("a descriptor that another process made nonblocking is waited for") {
  Ends ends = Ends::pipe();
  REQUIRE(::fcntl(ends.writer(), F_SETFL, O_NONBLOCK) == 0);
  LogWriter writer(ends.writer(), notice);
  for (int i = 0; i < 2000; ++i) writer.write(line(i));
  CHECK(ends.read_until(line(1999)) == lines(0, 2000));
  CHECK(writer.dropped() == 0);
}

TEST_CASE("a line torn by an error is ended before the next one") {
  const test::TemporaryDirectory directory;
  Ends ends = Ends::pipe();
  LogWriter writer(ends.writer(), notice);
  writer.write(std::string(1'000'000, 'x') + "\n");
  writer.write("lost\n");
  test::wait_for([&] { return ends.readable(); }, 10s, "the first part of the line");
  ends.close_reader();
  CHECK(writer.flush(10s));
  CHECK(writer.dropped() == 2);
  const int other = ::open(directory.file("log").c_str(), O_RDWR | O_CREAT, 0600);
  REQUIRE(::dup2(other, ends.writer()) == ends.writer());
  writer.write("whole\n");
  CHECK(writer.flush(10s));
  std::array<char, 100> buffer{};
  const ssize_t got = ::pread(other, buffer.data(), buffer.size(), 0);
  ::close(other);
  CHECK(std::string(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))) ==
        "\n" + notice(2) + "whole\n");
}

TEST_CASE("queued lines are written at the end") {
  Ends ends = Ends::pipe();
  {
    LogWriter writer(ends.writer(), notice);
    for (int i = 0; i < 20; ++i) writer.write(line(i));
  }
  CHECK(ends.read() == lines(0, 20));
}

TEST_CASE("a stalled reader delays the end only by the patience") {
  Ends ends = Ends::pipe();
  const auto start = std::chrono::steady_clock::now();
  {
    LogWriter writer(ends.writer(), notice, 1'000'000);
    CHECK(!fill(writer, ends).empty());
  }
  CHECK(std::chrono::steady_clock::now() - start < 10s);
  // The abandoned thread ends once it can write.
  CHECK(!ends.read_until(notice(1)).empty());
}

}  // namespace
}  // namespace orderd::daemon
