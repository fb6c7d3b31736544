// One attempt to connect to the scripted server, and its outcome.
#pragma once

#include "transport/loop_fixture.h"
#include "valkey/connector.h"

namespace orderd::test {

class ConnectorFixture : public ServerFixture, private valkey::Connector::Listener {
 public:
  explicit ConnectorFixture(Where where = Where::kUnix) : ServerFixture(where) {
    handshake.name = "orderd-test";
    handshake.connect_timeout = kPatience;
    endpoint = fake.endpoint();
  }
  ~ConnectorFixture() override {
    connector.reset();
    CHECK(connected + failed <= 1);
    if (ready.connection) CHECK(ready.connection->in_flight() == 0);
    ready.connection.reset();
  }

  void start() {
    connector.reset(new valkey::Connector(loop, handshake, *this));
    connector->start(endpoint);
  }
  void until_connected() {
    until([this] { return connected + failed > 0; }, "the connector ends");
    REQUIRE_MESSAGE(connected == 1, error.what);
  }
  void until_failed() {
    until([this] { return connected + failed > 0; }, "the connector ends");
    REQUIRE(failed == 1);
  }
  void connects() {
    start();
    until_connected();
  }
  void fails() {
    start();
    until_failed();
  }
  void fails(ErrorKind kind, const std::string& what) {
    fails();
    CHECK(error.kind == kind);
    CHECK(error.what == what);
  }

  valkey::Handshake handshake;
  valkey::Endpoint endpoint;
  std::unique_ptr<valkey::Connector> connector;
  int connected = 0;
  int failed = 0;
  valkey::Error error;
  valkey::Ready ready;

 private:
  // The listener of the connection after the handshake.
  struct Quiet : valkey::Connection::Listener {
    void on_open() override {}
    void on_closed(const valkey::Error& /*error*/) override {}
  };
  void on_connected(valkey::Ready now) override {
    ++connected;
    ready = std::move(now);
    ready.connection->set_listener(quiet_);
  }
  void on_connect_failed(const valkey::Error& why) override {
    ++failed;
    error = why;
  }
  Quiet quiet_;
};

}  // namespace orderd::test
