// A connection that asks a sentinel or a cluster node for the address of a primary. Opened for one question, or to
// subscribe to a channel.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "valkey/connector.h"

namespace orderd::valkey {

// May not be destroyed inside its own callbacks.
class Line : private Connector::Listener, private Connection::Listener {
 public:
  struct Events {
    // Ready for ask() or subscribe().
    std::function<void()> open;
    // The reply to ask(); an error is a reply.
    std::function<void(const Reply&)> answered;
    // The text of a message.
    std::function<void(std::string_view)> message;
    // The end; the last callback. The error names the server.
    std::function<void(const Error& why)> ended;
  };

  // `name`: for CLIENT LIST. `patience`: for the connect, and again for a reply.
  Line(Loop& loop, const Endpoint& server, const std::string& name, Milliseconds patience, Events events);
  ~Line() override;

  // May call back before it returns.
  void start() { connector_.start(server_); }
  void ask(const Command& command) { (void)connection_->send(asked_, command); }
  void subscribe(std::string_view channel) { (void)connection_->subscribe(heard_, channel); }
  // No callbacks from now on. Allowed everywhere.
  void stop();
  [[nodiscard]] const Endpoint& server() const { return server_; }

 private:
  struct LineCall : Call {
    Line* owner = nullptr;
  };

  void on_connected(Ready ready) override;
  void on_connect_failed(const Error& error) override { end(error); }
  void on_open() override {}
  void on_closed(const Error& error) override { end(error); }
  void on_heard(const Reply& reply);
  void end(const Error& why);

  const Endpoint server_;
  Events events_;
  LineCall asked_;
  LineCall heard_;
  bool over_ = false;
  Connector connector_;
  std::unique_ptr<Connection> connection_;  // last: its end uses the other members
};

}  // namespace orderd::valkey
