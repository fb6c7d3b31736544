// A Poll asks all sentinels, over a line each, and counts the answers; a Post stays subscribed to one sentinel.
#include "valkey/sentinels.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "base/number.h"
#include "valkey/line.h"
#include "valkey/sync_client.h"

namespace orderd::valkey {
namespace {

constexpr std::string_view kSwitched = "+switch-master";
constexpr const char* kClient = "orderd-sentinel";
// The wait before an ended line is reopened.
constexpr Milliseconds kAgain{1000};

// `server` with the primary's address; nullopt: this is not an address.
std::optional<Endpoint> primary_at(const Endpoint& server, std::string_view host, std::string_view port) {
  Endpoint primary = server;
  primary.port = parse_number<uint16_t>(port).value_or(0);
  if (host.empty() || primary.port == 0) return std::nullopt;
  primary.kind = Endpoint::Kind::kTcp;
  primary.host = host;
  return primary;
}

Command question(const std::string& name) {
  return Command::of("SENTINEL", "GET-MASTER-ADDR-BY-NAME", name);
}

// A sentinel's answer: the primary, or what is wrong.
Result<Endpoint> answer_of(const Service& service, const Endpoint& sentinel, const Reply& reply) {
  const std::string who = sentinel.redacted();
  if (reply.is_error()) return Failure{who + " refused SENTINEL GET-MASTER-ADDR-BY-NAME: " + std::string(reply.text())};
  if (reply.is_nil()) return Failure{who + " does not know the service '" + service.name + "'; check valkey.service"};
  const auto primary = primary_at(service.server, reply.at(0).text(), reply.at(1).text());
  if (!primary) return Failure{who + " returned an invalid address"};
  return *primary;
}

// The words of "shop 10.0.0.1 6379 10.0.0.2 6379".
std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

}  // namespace

// One question to all sentinels.
class Sentinels::Poll : public Search {
 public:
  Poll(Loop& loop, Service service, Located located)
      : service_(std::move(service)), located_(std::move(located)), patience_(loop, [this] { decide(true); }) {
    for (std::size_t i = 0; i < service_.sentinels.size(); ++i) {
      const Endpoint& sentinel = service_.sentinels[i];
      lines_.push_back(std::make_unique<Line>(
          loop, sentinel, kClient, kConnect,
          Line::Events{
              .open = [this, i] { lines_[i]->ask(question(service_.name)); },
              .answered = [this, &sentinel](const Reply& reply) { take(answer_of(service_, sentinel, reply)); },
              .message = {},
              .ended = [this](const Error& why) { take(Failure{why.what}); }}));
    }
  }
  // Never calls `located` before it returns.
  void start() {
    starting_ = true;
    for (const auto& line : lines_) line->start();
    starting_ = false;
    if (finished()) patience_.start(Milliseconds(0));
  }

 private:
  // Generous: a link has its own deadline.
  static constexpr Milliseconds kConnect{10'000};

  void take(Result<Endpoint> answer) {
    if (!located_) return;
    if (!answer) {
      failures_ += (failures_.empty() ? "" : "; ") + answer.error();
      ++failed_;
    } else {
      if (named_.empty()) patience_.start(kPatience);
      named_.push_back(std::move(*answer));
    }
    if (!starting_) decide(false);
  }
  [[nodiscard]] bool finished() const { return named_.size() + failed_ == lines_.size(); }
  [[nodiscard]] std::ptrdiff_t votes(const Endpoint& primary) const {
    return std::count_if(named_.begin(), named_.end(),
                         [&](const Endpoint& each) { return each.same_address(primary); });
  }

  void decide(bool late) {
    const auto most = std::max_element(named_.begin(), named_.end(),
                                       [&](const Endpoint& a, const Endpoint& b) { return votes(a) < votes(b); });
    const bool certain = most != named_.end() && 2 * static_cast<std::size_t>(votes(*most)) > lines_.size();
    if (!certain && !finished() && !(late && most != named_.end())) return;
    patience_.stop();
    const Located located = std::exchange(located_, nullptr);
    if (!located) return;
    for (const auto& line : lines_) line->stop();
    if (most != named_.end()) return located(*most);
    located(Failure{"no sentinel named the primary of '" + service_.name + "': " + failures_});
  }

  Service service_;
  Located located_;  // null: already called
  Timer patience_;
  std::vector<Endpoint> named_;
  std::string failures_;
  std::size_t failed_ = 0;
  bool starting_ = false;
  std::vector<std::unique_ptr<Line>> lines_;  // last: their ends use the other members
};

// A subscription to one sentinel, reopened when it ends. After each start all sentinels are asked, since announcements
// may have been missed.
class Sentinels::Post {
 public:
  Post(Sentinels& owner, std::size_t number)
      : owner_(owner), number_(number), again_(owner.loop_, [this] { begin(); }) {
    again_.start(Milliseconds(0));
  }

 private:
  void begin() {
    poll_.reset();
    line_.reset();
    auto service = owner_.source_();
    if (!service || number_ >= service->sentinels.size()) return again_.start(kAgain);
    service_ = std::move(*service);
    line_ = std::make_unique<Line>(owner_.loop_, service_.sentinels[number_], kClient, kAgain,
                                   Line::Events{.open = [this] { opened(); },
                                                .answered = {},
                                                .message = [this](std::string_view text) { heard(text); },
                                                .ended = [this](const Error&) { again_.start(kAgain); }});
    line_->start();
  }
  void opened() {
    line_->subscribe(kSwitched);
    poll_ = std::make_unique<Poll>(owner_.loop_, service_, [this](const Result<Endpoint>& found) {
      if (found) owner_.announce(*found);
    });
    poll_->start();
  }
  void heard(std::string_view text) {
    const auto words = words_of(text);
    if (words.size() != 5 || words[0] != service_.name) return;
    if (const auto primary = primary_at(service_.server, words[3], words[4])) owner_.announce(*primary);
  }

  Sentinels& owner_;
  const std::size_t number_;
  Timer again_;
  Service service_;
  std::unique_ptr<Poll> poll_;
  std::unique_ptr<Line> line_;
};

struct Sentinels::Registration : Watch {
  Registration(Sentinels& its_owner, Elsewhere call) : owner(its_owner), elsewhere(std::move(call)) {
    owner.watches_.push_back(this);
  }
  ~Registration() override {
    std::erase(owner.watches_, this);
    if (owner.watches_.empty()) owner.posts_.clear();
  }
  Sentinels& owner;
  Elsewhere elsewhere;
};

Sentinels::Sentinels(Loop& loop, Source source) : loop_(loop), source_(std::move(source)) {
}

Sentinels::~Sentinels() = default;

std::unique_ptr<Topology::Search> Sentinels::locate(Located located) {
  auto service = source_();
  if (!service) {
    located(service.failure());
    return nullptr;
  }
  auto poll = std::make_unique<Poll>(loop_, std::move(*service), std::move(located));
  poll->start();
  return poll;
}

std::unique_ptr<Topology::Watch> Sentinels::watch(const Elsewhere& elsewhere) {
  auto watch = std::make_unique<Registration>(*this, elsewhere);
  const auto service = source_();
  const std::size_t count = service ? service->sentinels.size() : 0;
  while (posts_.size() < count) posts_.push_back(std::make_unique<Post>(*this, posts_.size()));
  return watch;
}

void Sentinels::announce(const Endpoint& primary) {
  // A copy: a callback may start another watch.
  for (const Registration* watch : std::vector<Registration*>(watches_)) watch->elsewhere(primary);
}

Result<Endpoint> ask_sentinels(const Service& service, const std::string& client_name) {
  std::string failures;
  for (const Endpoint& sentinel : service.sentinels) {
    const auto add = [&](const std::string& what) { failures += (failures.empty() ? "" : "; ") + what; };
    auto client = SyncClient::connect(
        sentinel,
        {.name = client_name, .connect_timeout = Sentinels::kPatience, .reply_timeout = Sentinels::kPatience});
    if (!client) {
      add(client.error());
      continue;
    }
    const auto reply = client->call(question(service.name));
    auto answer = reply ? answer_of(service, sentinel, reply->view()) : Result<Endpoint>(reply.failure());
    if (answer) return answer;
    add(answer.error());
  }
  return Failure{"no sentinel named the primary of '" + service.name + "': " + failures};
}

}  // namespace orderd::valkey
