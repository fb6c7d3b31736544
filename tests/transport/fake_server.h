// A scripted server for what a real one cannot be made to do: refuse the third of five calls, fall silent, answer
// garbage, end in the middle of a reply. It lives on the loop of the code under test, so a test is one thread and
// repeats exactly.
//
//   FakeServer fake(loop);
//   fake.on("AUTH").error("WRONGPASS invalid username-password pair");
//   fake.on("EVALSHA").times(3).error("NOSCRIPT No matching script");
//   auto& held = fake.on("GET").reply(resp::bulk("1")).hold();  …  held.release();
//
// A command is answered by the youngest rule that matches it and is not used up; a command without one gets ERR, as
// from a server. From the start there are rules for the handshake of a Valkey 8.0.1 that is a primary: AUTH, HELLO,
// INFO, ROLE, SELECT, CLIENT SETNAME, CLIENT SETINFO, SCRIPT LOAD (answers the script's name: "settle" for a text that
// opens with the comment "-- settle.lua:").
// Replies go out in the order of their commands, as a server's do: after one that is held, the others of its connection
// wait.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "loop/loop.h"
#include "support/temporary_directory.h"
#include "transport/command_parser.h"
#include "valkey/endpoint.h"

namespace orderd::test {

// One command as it came in.
struct Received {
  std::size_t connection = 0;  // the first to be accepted is 0
  std::vector<std::string> words;
  // Does it begin with these words, whatever their case? "CLIENT SETNAME"
  [[nodiscard]] bool begins(std::string_view first) const;
  [[nodiscard]] std::string text() const;  // the words with a space between
};

class FakeServer {
 public:
  enum class End { kNone, kClose, kReset };
  // Nullopt: not yet; see answer().
  using Answer = std::function<std::optional<std::string>(const Received& command)>;

  // What is said of a command. Each of its functions answers the rule itself, so that they can be chained.
  class Rule {
   public:
    Rule(FakeServer& server, std::string_view first) : server_(server), first_(first) {}

    // Which commands: only those with such a word; only the next `count`; only after `count` were let pass.
    Rule& with(std::string_view word);
    Rule& times(std::size_t count);
    Rule& after(std::size_t count);

    // What they get: these bytes, whatever they are; an error; what a function says.
    Rule& reply(std::string bytes);
    Rule& error(std::string_view text);
    Rule& answer(Answer answer);
    // Nothing, for ever.
    Rule& silence() { return hold(); }

    // How: not before release(); in pieces of `bytes`, one in each turn of the loop.
    Rule& hold();
    Rule& slice(std::size_t bytes);
    // And then the connection ends: behind the reply, or behind the first bytes of it. A reset needs TCP.
    Rule& close() { return end(End::kClose, std::nullopt); }
    Rule& close_after_bytes(std::size_t bytes) { return end(End::kClose, bytes); }
    Rule& reset_after_bytes(std::size_t bytes) { return end(End::kReset, bytes); }

    // What was held goes out, and from now on nothing is held.
    void release();
    // From now on it answers nothing: the rules before it do.
    void off() { times_ = used_; }
    // How many commands it has answered, or holds.
    [[nodiscard]] std::size_t used() const { return used_; }

   private:
    friend class FakeServer;
    Rule& end(End end, std::optional<std::size_t> cut);
    [[nodiscard]] bool takes(const Received& command);

    FakeServer& server_;
    std::string first_;
    std::string word_;
    std::optional<std::size_t> times_;
    std::size_t after_ = 0;
    std::size_t used_ = 0;
    Answer answer_;
    bool holds_ = false;
    std::size_t slice_ = 0;  // 0: all at once
    End end_ = End::kNone;
    std::optional<std::size_t> cut_;
  };

  enum class Where { kUnix, kTcp };
  // Listens on a unix socket in a directory of its own, or on TCP. Port 0: a free one.
  explicit FakeServer(Loop& loop, Where where = Where::kUnix, std::string host = "127.0.0.1", uint16_t port = 0);
  ~FakeServer();
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  // What INFO says, with this run_id.
  [[nodiscard]] static std::string info(std::string_view run_id);

  // A new rule; the reference is good as long as the server.
  Rule& on(std::string_view first);
  // Gives its reply to the oldest command that begins so and waits for one. False: there is none.
  bool answer(std::string_view first, std::string bytes);
  // Is a command that begins so waiting for its reply, on a connection that stands?
  [[nodiscard]] bool waits(std::string_view first) const;

  // Sends what nobody asked for.
  void blurt(std::size_t connection, std::string_view bytes);
  void close(std::size_t connection);
  void close_all();
  // From now on nobody is let in, until listen().
  void refuse();
  void listen();

  [[nodiscard]] valkey::Endpoint endpoint() const;
  // How many were accepted so far, and how many of those stand.
  [[nodiscard]] std::size_t accepted() const { return peers_.size(); }
  [[nodiscard]] std::size_t standing() const;

  [[nodiscard]] const std::vector<Received>& received() const { return received_; }
  // How many commands have come that begin so; "" for all.
  [[nodiscard]] std::size_t count(std::string_view first) const;
  // The commands of one connection in order, with at most `words` words of each.
  [[nodiscard]] std::vector<std::string> sequence(std::size_t connection, std::size_t words) const;

 private:
  struct Outgoing {
    Received command;
    Rule* rule = nullptr;
    std::string bytes;
    bool ready = false;
  };
  struct Peer {
    FakeServer* server = nullptr;
    std::size_t number = 0;
    int fd = -1;  // -1: has ended
    HandlePtr<uv_poll_t> poll;
    CommandParser in;
    std::deque<Outgoing> out;
    std::size_t sent = 0;  // bytes of the first of `out`
  };

  static void on_listening(uv_poll_t* handle, int status, int events);
  static void on_peer(uv_poll_t* handle, int status, int events);
  void accept_all();
  void read(Peer& peer);
  void take(Peer& peer, std::vector<std::string> words);
  void flush(Peer& peer);
  [[nodiscard]] bool write_some(Peer& peer);
  void watch(Peer& peer, bool writable);
  void close(Peer& peer, End how);

  Loop& loop_;
  Where where_;
  TemporaryDirectory directory_;
  std::string host_;
  uint16_t port_;
  int listener_ = -1;
  HandlePtr<uv_poll_t> listener_poll_;
  std::deque<Rule> rules_;
  std::vector<std::unique_ptr<Peer>> peers_;
  std::vector<Received> received_;
};

}  // namespace orderd::test
