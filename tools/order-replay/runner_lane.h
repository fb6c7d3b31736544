// One lane of a run: its producers, the results as they arrive on a connection of their own, the requests that have
// none yet, and how its connections are. It reports to the Runner, whose inside this is.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "order-replay/awaiting.h"
#include "order-replay/producer.h"
#include "order-replay/runner.h"
#include "order-replay/session.h"
#include "shared/output.h"

namespace orderd::replay {

class Runner::Lane : private Producer::Listener, private Session::Listener {
 public:
  // `owner` and `settings`, of this lane, outlive it.
  Lane(Runner& owner, std::size_t index, const settings::Settings& settings, const std::string& results_after);

  void start();
  void stop();
  // All producers can be given requests.
  [[nodiscard]] bool ready() const {
    return std::all_of(producers_.begin(), producers_.end(), [](const auto& each) { return each->can_take(); });
  }
  // The producer whose turn it is has room for a request, which push() gives to it.
  [[nodiscard]] bool can_take() const { return producers_[turn_]->can_take(); }
  void push(const Recorded& recorded, Producer::Request request) {
    producers_[std::exchange(turn_, (turn_ + 1) % producers_.size())]->push(recorded, request);
  }
  // Requests whose reply is outstanding, and the smallest line of these; if there is none, the largest number.
  [[nodiscard]] std::size_t open() const;
  [[nodiscard]] uint64_t first_open_line() const;
  // The ID of the last result that was read.
  [[nodiscard]] const std::string& last_result() const { return after_; }
  [[nodiscard]] const Awaiting& awaiting() const { return awaiting_; }
  // "lane 'a': ", where there are several.
  [[nodiscard]] std::string prefix() const { return owner_.lanes_.size() == 1 ? "" : "lane '" + name_ + "': "; }

  // What keeps the lane from working; empty: nothing.
  [[nodiscard]] const std::string& trouble() const { return trouble_; }
  // Where there is no connection, the next attempt begins now.
  void hurry();
  // Ends the trouble if all connections work again.
  void look();
  uint64_t missed_ns = 0;  // of Runner::look_at_patience(): since when it is needed and in trouble; 0: it is not

 private:
  struct Read : valkey::Call {
    Lane* owner = nullptr;
  };
  // A result that was read, and where in the summary it counts; null: it is not one of ours.
  struct Taken {
    StreamId request;
    uint64_t due_ns = 0;
    uint64_t* figure = nullptr;
    std::optional<ResultCopy> copy = {};  // for RunHooks::kept
  };

  void on_pushed(const Producer::Request& request, StreamId id) override;
  void on_resent() override { ++owner_.summary_.resent; }
  void on_unknown() override;
  void on_failed(const Producer::Request& request, const std::string& answer) override;
  void on_ready() override { owner_.pump(); }
  void on_up() override;
  void on_down(const valkey::Error& error) override;
  void on_trouble(const std::string& what) override { raise(what, ""); }
  void read_results();
  void on_results(const valkey::Reply& reply);
  void compare(const std::vector<tools::Entry>& newest);
  void await(StreamId request, uint64_t due_ns);
  void take(const tools::Entry& result, StreamId request, uint64_t due_ns, uint64_t seen_ns);
  void keep_all_but(std::size_t newest);
  [[nodiscard]] std::string explained(const std::string& answer) const {
    return owner_.hooks_.explain ? owner_.hooks_.explain(index_, answer) : tools::shown(answer);
  }
  void raise(const std::string& what, const std::string& next);
  void forget_strangers();

  Runner& owner_;
  const std::size_t index_;
  const std::string name_;
  const std::string results_;  // the stream
  Awaiting awaiting_;
  std::vector<std::unique_ptr<Producer>> producers_;
  std::size_t turn_ = 0;
  std::string trouble_;
  bool down_ = false;    // the trouble is that a connection was lost
  bool proven_ = false;  // since then a request was pushed
  std::string after_;    // the result that was read last
  // The results that were read last, by their IDs: a server that takes the place of another one may lack some.
  std::map<StreamId, Taken> taken_;
  bool comparing_ = false;  // whether it does is being asked
  Read read_;
  Timer pause_;                  // before a read that was refused is repeated
  std::optional<Session> tail_;  // if results are waited for; ends first: read_ is its call
};

}  // namespace orderd::replay
