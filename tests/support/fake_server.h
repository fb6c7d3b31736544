// A scripted server for what a real one cannot be made to do: refuse the third of five calls, stop replying, send
// garbage, close in the middle of a reply. It runs on the loop of the code under test, so a test has one thread and is
// deterministic.
//
//   FakeServer fake(loop);
//   fake.on("AUTH").error("WRONGPASS invalid username-password pair");
//   fake.on("EVALSHA").times(3).error("NOSCRIPT No matching script");
//   auto& held = fake.on("GET").reply(resp::bulk("1")).hold();  …  held.release();
//
// The newest matching rule that is not used up answers a command; without one the reply is ERR, as from a real server.
// Default rules do the handshake of a Valkey 8.0.1 primary: AUTH, HELLO, INFO, ROLE, SELECT, CLIENT SETNAME, CLIENT
// SETINFO, SCRIPT LOAD (replies with the script's name: "settle" for a text that begins with the comment "--
// settle.lua:").
// Replies are sent in the order of their commands, as a server does: a held reply delays the others of its connection.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "loop/loop.h"
#include "support/command_parser.h"
#include "support/temporary_directory.h"
#include "valkey/endpoint.h"

namespace orderd::test {

// One command as received.
struct Received {
  std::size_t connection = 0;  // the first to be accepted is 0
  std::vector<std::string> words;
  // Whether it begins with these words, ignoring case: "CLIENT SETNAME".
  [[nodiscard]] bool begins(std::string_view first) const;
  [[nodiscard]] std::string text() const;  // the words, joined by spaces
  // The word after `name`: an option such as COUNT. Empty: there is none.
  [[nodiscard]] std::string option(std::string_view name) const;
};

class FakeServer {
 public:
  enum class End { kNone, kClose, kReset };
  // Nullopt: not yet; see answer().
  using Answer = std::function<std::optional<std::string>(const Received& command)>;

  // The reply to a command. Each function returns the rule itself, for chaining.
  class Rule {
   public:
    Rule(FakeServer& server, std::string_view first) : server_(server), first_(first) {}

    // Which commands: only those with this word; only the next `count`; only after the first `count`.
    Rule& with(std::string_view word) { return set(word_, word); }
    Rule& times(std::size_t count) { return set(times_, count); }
    Rule& after(std::size_t count) { return set(after_, count); }

    // The reply: raw bytes; an error; the result of a function.
    Rule& reply(const std::string& bytes) {
      return answer([bytes](const Received& /*command*/) { return bytes; });
    }
    Rule& error(std::string_view text) { return reply("-" + std::string(text) + "\r\n"); }
    Rule& answer(const Answer& answer) { return set(answer_, answer); }
    // No reply, ever.
    Rule& silence() { return hold(); }

    // How: not before release(); in slices of `bytes`, one per turn of the loop.
    Rule& hold() { return set(holds_, true); }
    Rule& slice(std::size_t bytes) { return set(slice_, bytes); }
    // Then the connection ends: after the reply, or after its first bytes. A reset needs TCP.
    Rule& close() { return set(end_, End::kClose); }
    Rule& close_after_bytes(std::size_t bytes) { return set(cut_, bytes).close(); }
    Rule& reset_after_bytes(std::size_t bytes) { return set(cut_, bytes).set(end_, End::kReset); }

    // Sends what was held; nothing is held from now on.
    void release();
    // It answers nothing from now on: earlier rules apply.
    void off() { times_ = used_; }
    // How many commands it has answered or holds.
    [[nodiscard]] std::size_t used() const { return used_; }

   private:
    friend class FakeServer;
    template <class Member, class Value>
    Rule& set(Member& member, const Value& value) {
      member = value;
      return *this;
    }
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
  // Listens on a Unix socket in its own directory, or on TCP. Port 0: a free one.
  explicit FakeServer(Loop& loop, Where where = Where::kUnix, std::string host = "127.0.0.1", uint16_t port = 0);
  ~FakeServer();
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  // The reply to INFO, with this run_id.
  [[nodiscard]] static std::string info(std::string_view run_id);

  // Adds a rule; the reference is valid as long as the server.
  Rule& on(std::string_view first) { return rules_.emplace_back(*this, first); }
  // Replies to the oldest waiting command that begins with these words. False: there is none.
  bool answer(std::string_view first, std::string bytes);
  // Whether a command that begins with these words waits for its reply, on an open connection.
  [[nodiscard]] bool waits(std::string_view first) const { return oldest_waiting(first).second != nullptr; }

  // Sends unsolicited bytes.
  void blurt(std::size_t connection, std::string_view bytes);
  void close(std::size_t connection) { close(*peers_.at(connection), End::kClose); }
  void close_all();
  // Accepts no connection from now on, until listen().
  void refuse();
  void listen();

  [[nodiscard]] valkey::Endpoint endpoint() const;
  // How many were accepted so far, and how many of those are open.
  [[nodiscard]] std::size_t accepted() const { return peers_.size(); }
  [[nodiscard]] std::size_t standing() const;

  [[nodiscard]] const std::vector<Received>& received() const { return received_; }
  // How many commands began with these words; "" for all.
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
    int fd = -1;  // -1: closed
    HandlePtr<uv_poll_t> poll;
    CommandParser in;
    std::deque<Outgoing> out;
    std::size_t sent = 0;  // bytes of the first of `out`
  };

  [[nodiscard]] std::pair<Peer*, Outgoing*> oldest_waiting(std::string_view first) const;
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
  std::optional<Poll> listener_poll_;
  std::deque<Rule> rules_;
  std::vector<std::unique_ptr<Peer>> peers_;
  std::vector<Received> received_;
};

}  // namespace orderd::test
