// One connection to the scripted server, and its events. At the end of each test it checks: one end event, one answer
// for each call, and a loop that closes clean.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/fake_server.h"
#include "support/resp.h"
#include "transport/loop_fixture.h"
#include "valkey/connection.h"

namespace orderd::test {

// A command in flight, and its reply.
struct Ask : valkey::Call {
  Ask() {
    done = [](valkey::Call& call, const valkey::Reply& reply) {
      auto& ask = static_cast<Ask&>(call);
      ++ask.answers;
      ask.lost = reply.lost();
      ask.kind = reply.error();
      ask.text = reply.is_integer() ? std::to_string(reply.integer()) : std::string(reply.text());
      if (ask.then) ask.then(ask);
    };
  }
  int answers = 0;
  bool lost = false;
  valkey::ErrorKind kind = valkey::ErrorKind::kNone;
  std::string text;
  std::function<void(Ask&)> then;  // called inside the callback
};

struct ConnectionEvents : valkey::Connection::Listener {
  int opened = 0;
  int closed = 0;
  valkey::Error error;
  std::function<void()> on_opening;
  std::function<void()> on_closing;

  void on_open() override {
    ++opened;
    if (on_opening) on_opening();
  }
  void on_closed(const valkey::Error& why) override {
    ++closed;
    error = why;
    if (on_closing) on_closing();
  }
};

class ConnectionFixture : public LoopFixture {
 public:
  using Where = FakeServer::Where;

  explicit ConnectionFixture(Where where = Where::kUnix)
      : LoopFixture(where == Where::kUnix ? Time::kJumps : Time::kReal), fake(loop, where) {}
  ~ConnectionFixture() {
    if (connection) {
      connection.reset();
      CHECK(events.closed == 1);
    }
    for (const auto& ask : asks) CHECK(ask->answers == 1);
  }
  ConnectionFixture(const ConnectionFixture&) = delete;
  ConnectionFixture& operator=(const ConnectionFixture&) = delete;

  [[nodiscard]] valkey::Address address() const {
    const valkey::Endpoint endpoint = fake.endpoint();
    if (endpoint.kind == valkey::Endpoint::Kind::kUnix) return {{}, 0, endpoint.path};
    return {endpoint.host, endpoint.port, {}};
  }
  // Starts connecting.
  void open(Milliseconds reply_timeout = kPatience) {
    auto opened = valkey::Connection::open(loop, address(), reply_timeout, events);
    REQUIRE(opened.ok());
    connection = std::move(*opened);
  }
  // Connects.
  void connect(Milliseconds reply_timeout = kPatience) {
    open(reply_timeout);
    until([this] { return events.opened == 1; }, "the connection opens");
  }
  // Sends a command that must be accepted.
  template <class... Words>
  Ask& ask(const Words&... words) {
    asks.push_back(std::make_unique<Ask>());
    REQUIRE(connection->send(*asks.back(), valkey::Command::of(words...)));
    return *asks.back();
  }
  void until_closed() {
    until([this] { return events.closed > 0; }, "the end of the connection");
  }
  // The same, with this error. An empty text: any.
  void until_closed(valkey::ErrorKind kind, const std::string& what = "") {
    until_closed();
    CHECK(events.error.kind == kind);
    if (!what.empty()) CHECK(events.error.what == what);
  }
  void until_answered() {
    until([this] { return connection->in_flight() == 0; }, "the replies");
  }

  FakeServer fake;
  ConnectionEvents events;
  std::vector<std::unique_ptr<Ask>> asks;
  std::unique_ptr<valkey::Connection> connection;
};

struct TcpConnectionFixture : ConnectionFixture {
  TcpConnectionFixture() : ConnectionFixture(Where::kTcp) {}
};

}  // namespace orderd::test
