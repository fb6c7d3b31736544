// One connection to the scripted server, and its events. At the end of each test it checks: one end event, one answer
// for each call, and a loop that closes clean.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>

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
  ErrorKind kind = ErrorKind::kNone;
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

class ConnectionFixture : public ServerFixture {
 public:
  using ServerFixture::ServerFixture;
  ~ConnectionFixture() {
    if (connection) {
      connection.reset();
      CHECK(events.closed == 1);
    }
    for (const Ask& ask : asks) CHECK(ask.answers == 1);
  }

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
    Ask& ask = asks.emplace_back();
    REQUIRE(connection->send(ask, Command::of(words...)));
    return ask;
  }
  // An empty text: any.
  void until_closed(const std::string& what = "", ErrorKind kind = ErrorKind::kLost) {
    until([this] { return events.closed > 0; }, "the end of the connection");
    CHECK(events.error.kind == kind);
    if (!what.empty()) CHECK(events.error.what == what);
  }
  void until_answered() {
    until([this] { return connection->in_flight() == 0; }, "the replies");
  }
  // How many calls were lost.
  [[nodiscard]] auto lost() const {
    return std::count_if(asks.begin(), asks.end(), [](const Ask& ask) { return ask.lost; });
  }

  ConnectionEvents events;
  std::deque<Ask> asks;
  std::unique_ptr<valkey::Connection> connection;
};

}  // namespace orderd::test
