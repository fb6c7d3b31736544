// One producer: a connection of its own, over which requests are sent in order, a bounded number of them at a time.
//
// What was in flight when the connection was lost may have been carried out or not; it is sent again, first and in
// order. Where another server is the primary now, because one answers MOVED or the topology says so, the replies in
// flight are awaited (Session::leave), so that nothing that was carried out is sent again; then the producer follows.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "order-replay/recording.h"
#include "order-replay/session.h"
#include "shared/entry.h"

namespace orderd::replay {

class Producer : private Session::Listener {
 public:
  struct Options {
    std::string stream;
    std::size_t window = 1024;
    bool resend_lost = true;     // send again what may not have been carried out
    bool resend_refused = true;  // and what a running server cannot take now; LOADING counts as a lost connection
  };
  struct Request {
    uint64_t line = 0;
    uint64_t due_ns = 0;
  };
  // None of these may destroy the producer. A request's slot is free again before they are called.
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void on_pushed(const Request& request, StreamId id) = 0;
    // A request was sent again that may have been carried out before.
    virtual void on_resent() = 0;
    // Whether a request was carried out is unknown, and it is not sent again.
    virtual void on_unknown() = 0;
    // The server refused it, and it is not sent again. `answer`: the error, or what it answered in place of an ID.
    virtual void on_failed(const Request& request, const std::string& answer) = 0;
    // Connected, and there is room.
    virtual void on_ready() = 0;
    // Reconnecting; or the server cannot take requests now, and they will be sent again.
    virtual void on_down(const valkey::Error& error) = 0;
    virtual void on_trouble(const std::string& what) = 0;
  };

  Producer(Loop& loop, valkey::Topology& topology, const valkey::Handshake& handshake, Options options, uint32_t seed,
           Listener& listener);
  ~Producer() override { stop(); }
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  void start() { session_.start(); }
  // Nothing is sent again: what may have been carried out becomes unknown.
  void stop();

  [[nodiscard]] bool up() const { return session_.up(); }
  [[nodiscard]] bool can_take() const { return up() && resend_.empty() && !free_.empty(); }
  // Somebody waits for a connection: if there is none, the next attempt begins now.
  void hurry() { session_.hurry(); }
  // Only where can_take().
  void push(const Recorded& recorded, Request request);
  // Requests that are sent, or to be sent again.
  [[nodiscard]] std::size_t open() const { return slots_.size() - free_.size(); }
  // The smallest line of these; only while open() is not 0.
  [[nodiscard]] uint64_t first_open_line() const;
  // The ID of the last request that this server has answered; 0-0: none yet.
  [[nodiscard]] StreamId newest() const { return newest_; }

 private:
  struct Slot : valkey::Call {
    Producer* owner = nullptr;
    Request request;
    valkey::Command command;
    bool used = false;
    bool uncertain = false;  // a reply was lost: it may have been carried out
  };

  void send(Slot& slot);
  void send_again();
  void on_reply(Slot& slot, const valkey::Reply& reply);
  void on_refused(Slot& slot, const valkey::Reply& reply);
  void release(Slot& slot);
  void on_up() override {
    newest_ = {};  // the IDs of another server may be smaller
    send_again();
  }
  void on_down(const valkey::Error& error) override { listener_.on_down(error); }

  const Options options_;
  Listener& listener_;
  bool stopped_ = false;
  StreamId newest_;
  std::deque<Slot> slots_;
  std::vector<Slot*> free_;
  std::deque<Slot*> resend_;
  Timer pause_;      // before what was refused is sent again
  Session session_;  // ends first: its calls are slots
};

}  // namespace orderd::replay
