// Each caller has a Question in questions_. The next round answers it, so no answer is older than its question. A round
// ends when no caller waits for it, when all nodes have answered, or after a timeout.
#include "valkey/cluster.h"

#include <algorithm>
#include <utility>

#include "valkey/cluster_answers.h"
#include "valkey/line.h"

namespace orderd::valkey {
namespace {

constexpr const char* kClient = "orderd-cluster";
// For the first answer. Generous: callers have their own deadlines.
constexpr Milliseconds kAnswerPatience{1000};
// For the others, after the first one.
constexpr Milliseconds kOthers{100};
// Each answer covers all slots: in a large cluster a few nodes suffice.
constexpr std::size_t kAskedAtOnce = 8;

}  // namespace

// Unanswered as long as it is in questions_.
struct Cluster::Question : Topology::Search {
  enum class Wants {
    kAny,   // the first answer other than `doubted`, which counts only if there is no other
    kMost,  // the one that most nodes name
  };
  Question(Cluster& its_owner, uint16_t of, Wants what, std::optional<Endpoint> left, Topology::Located call)
      : owner(its_owner), slot(of), wants(what), doubted(std::move(left)), located(std::move(call)) {
    owner.add(*this);
  }
  ~Question() override { owner.withdraw(*this); }

  void count(const Endpoint& primary) {
    for (auto& [named, votes] : named_by) {
      if (named.same_address(primary)) return (void)++votes;
    }
    named_by.emplace_back(primary, 1);
  }
  // nullopt: a better answer may follow.
  [[nodiscard]] std::optional<Endpoint> settled() const {
    if (wants == Wants::kMost) return std::nullopt;
    for (const auto& [named, votes] : named_by) {
      if (!doubted || !named.same_address(*doubted)) return named;
    }
    return std::nullopt;
  }
  [[nodiscard]] std::optional<Endpoint> best() const {
    const auto most = std::max_element(named_by.begin(), named_by.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    if (most == named_by.end()) return std::nullopt;
    return most->first;
  }
  void answer(const Result<Endpoint>& found) {
    std::erase(owner.questions_, this);
    located(found);
  }

  Cluster& owner;
  const uint16_t slot;
  const Wants wants;
  const std::optional<Endpoint> doubted;
  const Topology::Located located;
  uint64_t round = 0;  // the round that answers it; 0: the next one
  std::vector<std::pair<Endpoint, int>> named_by;
};

class Cluster::Slot : public Topology {
 public:
  Slot(Cluster& cluster, uint16_t slot) : cluster_(cluster), slot_(slot) {}

  [[nodiscard]] std::unique_ptr<Search> locate(Located located) override {
    if (known_) {
      // order matters: a copy, since `located` may report a failure of this server.
      const Endpoint primary = *known_;
      located(primary);
      return nullptr;
    }
    return std::make_unique<Question>(cluster_, slot_, Question::Wants::kAny, doubted_, std::move(located));
  }
  [[nodiscard]] std::unique_ptr<Watch> watch(const Elsewhere& elsewhere) override {
    return std::make_unique<Registration>(*this, elsewhere);
  }
  [[nodiscard]] bool moves() const override { return true; }

  void report(const Endpoint& server, const Error& error) override {
    doubted_ = server;
    const auto redirect = error.kind == ErrorKind::kMoved ? moved_to(error.what, server) : std::nullopt;
    if (redirect && redirect->slot == slot_) {
      known_ = redirect->to;
      cluster_.learn(redirect->to);
    } else if (known_ && known_->same_address(server)) {
      known_.reset();
    }
  }

  void suspect(const Endpoint& server) override {
    if (suspecting_) return;
    suspecting_ = true;
    suspicion_ = std::make_unique<Question>(cluster_, slot_, Question::Wants::kMost, std::nullopt,
                                            [this, server](const Result<Endpoint>& found) {
                                              if (found && !found->same_address(server)) announce(*found);
                                              suspecting_ = false;
                                            });
  }

 private:
  struct Registration : Watch {
    Registration(Slot& its_owner, Elsewhere call) : owner(its_owner), elsewhere(std::move(call)) {
      owner.watches_.push_back(this);
    }
    ~Registration() override { std::erase(owner.watches_, this); }
    Slot& owner;
    Elsewhere elsewhere;
  };

  void announce(const Endpoint& primary) {
    known_ = primary;
    // A copy: a callback may start another watch.
    for (const Registration* watch : std::vector<Registration*>(watches_)) watch->elsewhere(primary);
  }

  Cluster& cluster_;
  const uint16_t slot_;
  std::optional<Endpoint> known_;    // the primary, from MOVED or an announcement; until it fails
  std::optional<Endpoint> doubted_;  // the server that was left last
  std::vector<Registration*> watches_;
  bool suspecting_ = false;
  std::unique_ptr<Question> suspicion_;
};

Cluster::Cluster(Loop& loop, Source seeds)
    : loop_(loop), seeds_(std::move(seeds)), begin_(loop, [this] { begin(); }), patience_(loop, [this] { finish(); }) {
}

Cluster::~Cluster() = default;

std::unique_ptr<Topology> Cluster::topology(uint16_t slot) {
  return std::make_unique<Slot>(*this, slot);
}

void Cluster::add(Question& question) {
  questions_.push_back(&question);
  // order matters: from a timer, when no line is on the stack, and for all callers of this turn.
  if (!asking_) begin_.start(Milliseconds(0));
}

void Cluster::withdraw(const Question& question) {
  std::erase(questions_, &question);
  // order matters: from a timer, when no line is on the stack.
  if (asking_ && one_of_this_round() == nullptr) patience_.start(Milliseconds(0));
}

void Cluster::begin() {
  if (questions_.empty()) return;  // all were canceled
  ++round_;
  for (Question* question : questions_) question->round = round_;
  lines_.clear();
  answers_ = 0;
  has_slots_ = false;
  slotless_.clear();
  failures_.clear();
  last_resort_.reset();
  asking_ = true;
  const auto seeds = seeds_();
  if (!seeds) {
    failures_ = seeds.error();
    return finish();
  }
  const auto nodes = nodes_to_ask(*seeds);
  outstanding_ = nodes.size();
  patience_.start(kAnswerPatience);
  for (const Endpoint& node : nodes) {
    const std::size_t i = lines_.size();
    lines_.push_back(
        std::make_unique<Line>(loop_, node, kClient, kAnswerPatience,
                               Line::Events{.open = [this, i] { lines_[i]->ask(shards_command()); },
                                            .answered =
                                                [this, i, node](const Reply& reply) {
                                                  lines_[i]->stop();  // its end is not a second answer
                                                  on_answer(node, reply);
                                                },
                                            .message = {},
                                            .ended = [this, node](const Error& why) { on_no_answer(node, why); }}));
  }
  for (std::size_t i = 0; i < lines_.size() && asking_; ++i) lines_[i]->start();
}

// The seeds and all known nodes, with the current credentials.
std::vector<Endpoint> Cluster::nodes_to_ask(const std::vector<Endpoint>& seeds) {
  std::vector<Endpoint> nodes;
  const auto add_new = [&](const Endpoint& node) {
    if (contains(nodes, node)) return;
    nodes.push_back(seeds.front());
    nodes.back().host = node.host;
    nodes.back().port = node.port;
  };
  for (const Endpoint& node : known_) add_new(node);
  for (const Endpoint& node : seeds) add_new(node);
  if (nodes.size() <= kAskedAtOnce) return nodes;
  std::rotate(nodes.begin(), nodes.begin() + static_cast<std::ptrdiff_t>(first_asked_ % nodes.size()), nodes.end());
  nodes.resize(kAskedAtOnce);
  first_asked_ += kAskedAtOnce;
  return nodes;
}

void Cluster::on_answer(const Endpoint& node, const Reply& reply) {
  if (reply.is_error()) return on_no_answer(node, {reply.error(), shards_refusal(node, reply)});
  if (answers_++ == 0) patience_.start(kOthers);
  take(node, read_shards(reply, node));
  one_less();
}

void Cluster::on_no_answer(const Endpoint& node, const Error& error) {
  append_failure(failures_, error.what);
  const bool passes = error.kind == ErrorKind::kLost || error.kind == ErrorKind::kUnavailable;
  if (!passes && !last_resort_) last_resort_ = node;
  one_less();
}

void Cluster::take(const Endpoint& node, const ClusterMap& map) {
  if (!map.has_slots) slotless_ = no_slots(node);
  // The first answer of a round replaces the known nodes: nodes come and go.
  if (map.has_slots && !std::exchange(has_slots_, true)) known_.clear();
  if (map.has_slots) {
    for (const Endpoint& each : map.nodes) learn(each);
  }
  for (Question* question : questions_) {
    const auto primary = map.primary_of(question->slot);
    if (question->round == round_ && primary) question->count(*primary);
  }
  // One by one: a caller may cancel other questions.
  const auto settled = [&] {
    return std::find_if(questions_.begin(), questions_.end(),
                        [&](const Question* question) { return question->round == round_ && question->settled(); });
  };
  for (auto next = settled(); next != questions_.end(); next = settled()) (*next)->answer(*(*next)->settled());
}

void Cluster::learn(const Endpoint& node) {
  if (!contains(known_, node)) known_.push_back(node);
}

Cluster::Question* Cluster::one_of_this_round() const {
  const auto found = std::find_if(questions_.begin(), questions_.end(),
                                  [&](const Question* question) { return question->round == round_; });
  return found == questions_.end() ? nullptr : *found;
}

void Cluster::one_less() {
  if (--outstanding_ == 0 || one_of_this_round() == nullptr) finish();
}

void Cluster::finish() {
  patience_.stop();
  for (const auto& line : lines_) line->stop();
  while (Question* question = one_of_this_round()) {
    auto best = question->best();
    const bool any = question->wants == Question::Wants::kAny;
    if (!best && answers_ == 0 && any) best = last_resort_;
    question->answer(best ? Result<Endpoint>(*best) : why_not(question->slot));
  }
  asking_ = false;
  if (!questions_.empty()) begin_.start(Milliseconds(0));
}

Failure Cluster::why_not(uint16_t slot) const {
  if (has_slots_) return {no_primary(slot)};
  if (!slotless_.empty()) return {slotless_};
  return {"no node of the cluster has answered" + (failures_.empty() ? "" : ": " + failures_)};
}

}  // namespace orderd::valkey
