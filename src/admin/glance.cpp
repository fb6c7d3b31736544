// Results and dead letters are queried together; the results' SKUs give the third query. Ended connectors and
// connections are destroyed by the next look(), which never runs inside one of their callbacks.
#include "admin/glance.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

namespace orderd::admin {
namespace {

constexpr uint64_t kAskEveryMs = 900;  // of a timer that fires each second
constexpr uint64_t kConnectAgainMs = 2000;
constexpr Milliseconds kUnseen{10'000};
constexpr std::size_t kResultsRead = 50;
constexpr std::size_t kResultsShown = 12;
constexpr std::size_t kStockShown = 10;
constexpr std::size_t kLinesShown = 3;
// A result of 128 lines has about 25 KiB. Larger ones are not orderd's.
constexpr std::size_t kLinesBytes = 64 * 1024;

std::string cut(std::string_view text) {
  if (text.size() <= kTextBytes) return std::string(text);
  std::size_t end = kTextBytes;
  while (end > kTextBytes - 4 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
    --end;  // not inside a character
  return std::string(text.substr(0, end)) + "…";
}

// FSI and PDI: right-to-left text does not affect the text next to it.
std::string isolated(const std::string& text) {
  return "\u2068" + text + "\u2069";
}

std::string_view field(const valkey::Reply& fields, std::string_view name) {
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    if (fields.at(i).text() == name) return fields.at(i + 1).text();
  }
  return {};
}

struct Line {
  std::string sku;
  std::string quantity;
};

// Anyone with write access to the results stream may have written this: invalid lines are skipped.
std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> lines;
  if (text.empty() || text.size() > kLinesBytes) return lines;
  const auto parsed = nlohmann::json::parse(text, nullptr, false);
  if (!parsed.is_array()) return lines;
  for (const auto& each : parsed) {
    if (!each.is_object()) continue;
    const auto sku = each.find("sku");
    const auto quantity = each.find("quantity");
    if (sku == each.end() || !sku->is_string() || quantity == each.end() || !quantity->is_number_integer()) continue;
    lines.push_back({sku->get<std::string>(), quantity->dump()});
  }
  return lines;
}

std::string text_of(const std::vector<Line>& lines) {
  std::string text;
  for (std::size_t i = 0; i < std::min(lines.size(), kLinesShown); ++i) {
    text += (i == 0 ? "" : ", ") + lines[i].quantity + " × " + isolated(cut(lines[i].sku));
  }
  if (lines.size() > kLinesShown) text += " and " + std::to_string(lines.size() - kLinesShown) + " more";
  return text;
}

Answer answer_of(const valkey::Reply& reply) {
  if (reply.lost()) return Answer::kNone;
  if (!reply.is_error()) return Answer::kGood;
  return reply.error() == valkey::ErrorKind::kRefused ? Answer::kNotAllowed : Answer::kFailed;
}

using Frequencies = std::map<std::string, std::size_t, std::less<>>;

void count_skus(const std::vector<Line>& lines, Frequencies& counts) {
  for (const Line& line : lines) ++counts[line.sku];
}

// The full names: they form the keys.
std::vector<std::pair<std::string, std::size_t>> most_frequent(const Frequencies& counts) {
  std::vector<std::pair<std::string, std::size_t>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  sorted.resize(std::min(sorted.size(), kStockShown));
  return sorted;
}

}  // namespace

Glance::Glance(Loop& loop, valkey::Topology& topology, const lane::Options& options)
    : loop_(loop), topology_(topology), options_(options), unseen_(loop, [this] { close(); }) {
  results_.answered = &Glance::on_results;
  dead_.answered = &Glance::on_dead;
  stock_.answered = &Glance::on_stock;
  for (Question* each : {&results_, &dead_, &stock_}) {
    each->owner = this;
    each->done = [](valkey::Call& call, const valkey::Reply& reply) {
      const auto& question = static_cast<Question&>(call);
      // It reconnects to the node that now serves these keys.
      if (reply.error() == valkey::ErrorKind::kMoved) {
        question.owner->connection_->close({valkey::ErrorKind::kMoved, std::string(reply.text())});
      }
      (question.owner->*question.answered)(reply);
    };
  }
}

Glance::~Glance() {
  close();
}

void Glance::look() {
  unseen_.start(kUnseen);
  const uint64_t now_ms = loop_.now_ms();
  // Handshakes and replies have their own deadlines.
  const auto patience_ms = static_cast<uint64_t>(options_.connect_timeout.count());
  if (phase_ == Phase::kLocating && now_ms - since_ms_ > patience_ms) {
    search_.reset();
    ended("the address of the server was not found within " + std::to_string(patience_ms) + " ms");
  }
  if (phase_ == Phase::kIdle && now_ms >= again_ms_) return connect();
  if (phase_ == Phase::kOpen && asking_ == 0 && now_ms - asked_ms_ >= kAskEveryMs) ask();
}

void Glance::connect() {
  search_.reset();
  connector_.reset();
  connection_.reset();
  phase_ = Phase::kLocating;
  since_ms_ = loop_.now_ms();
  search_ = topology_.locate([this](const Result<valkey::Endpoint>& found) {
    if (phase_ != Phase::kLocating) return;
    if (!found) return ended(found.error());
    phase_ = Phase::kConnecting;
    valkey::Connector::Listener& listener = *this;
    connector_ = std::make_unique<valkey::Connector>(loop_,
                                                     valkey::Handshake{.name = "orderd-page:" + options_.name,
                                                                       .scripts = {},
                                                                       .primary_moves = topology_.moves(),
                                                                       .connect_timeout = options_.connect_timeout,
                                                                       .reply_timeout = options_.reply_timeout},
                                                     listener);
    connector_->start(*found);
  });
}

void Glance::on_connected(valkey::Ready ready) {
  connection_ = std::move(ready.connection);
  connection_->set_listener(*this);
  phase_ = Phase::kOpen;
  view_.trouble.clear();
  ask();
}

void Glance::on_connect_failed(const valkey::Error& error) {
  ended(error.what);
}

void Glance::on_closed(const valkey::Error& error) {
  if (phase_ == Phase::kOpen) ended("lost the connection: " + error.what);
}

// Earlier values are not shown any longer: they may be old.
void Glance::ended(const std::string& why) {
  phase_ = Phase::kIdle;
  asking_ = 0;
  again_ms_ = loop_.now_ms() + kConnectAgainMs;
  view_ = {};
  view_.trouble = cut(why);
}

void Glance::close() {
  phase_ = Phase::kIdle;  // order matters: an intended close is not an error
  if (search_) search_.reset();
  if (connector_) connector_->cancel();
  if (connection_) connection_->close({valkey::ErrorKind::kLost, "the page has no viewers"});
  asking_ = 0;
  view_ = {};
}

void Glance::ask() {
  asked_ms_ = loop_.now_ms();
  next_ = {};
  send(results_, valkey::Command::of("XREVRANGE", options_.results, "+", "-", "COUNT", kResultsRead));
  send(dead_, valkey::Command::of("XLEN", options_.dead));
}

void Glance::send(Question& question, const valkey::Command& command) {
  if (connection_->send(question, command)) ++asking_;
}

void Glance::on_results(const valkey::Reply& reply) {
  next_.results_answer = answer_of(reply);
  Frequencies counts;
  if (next_.results_answer == Answer::kGood) {
    next_.results_read = reply.size();
    for (std::size_t i = 0; i < reply.size(); ++i) {
      const valkey::Reply fields = reply.at(i).at(1);
      const std::vector<Line> lines = lines_of(field(fields, "lines"));
      count_skus(lines, counts);
      if (i >= kResultsShown) continue;
      const std::string_view detail = field(fields, "detail");
      next_.results.push_back({.id = cut(reply.at(i).at(0).text()),
                               .order = cut(field(fields, "order")),
                               .status = cut(field(fields, "status")),
                               .reason = cut(field(fields, "reason")),
                               .what = lines.empty() ? cut(detail) : text_of(lines)});
    }
  }
  next_.stock_answer = next_.results_answer;
  if (!counts.empty() && phase_ == Phase::kOpen) {
    const auto chosen = most_frequent(counts);
    valkey::Command command;
    command.begin(1 + chosen.size());
    command.add("MGET");
    for (const auto& [sku, count] : chosen) {
      command.add(options_.stock_keys.key(sku));
      next_.stock.push_back({.sku = cut(sku), .left = std::nullopt, .results = count});
    }
    next_.stock_answer = Answer::kNone;
    send(stock_, command);
  }
  answered();
}

void Glance::on_dead(const valkey::Reply& reply) {
  next_.dead_answer = answer_of(reply);
  if (next_.dead_answer == Answer::kGood) next_.dead = static_cast<uint64_t>(std::max<int64_t>(reply.integer(), 0));
  answered();
}

void Glance::on_stock(const valkey::Reply& reply) {
  next_.stock_answer = answer_of(reply);
  for (std::size_t i = 0; i < std::min(reply.size(), next_.stock.size()); ++i) {
    if (reply.at(i).is_string()) next_.stock[i].left = cut(reply.at(i).text());
  }
  answered();
}

// Published when complete, so that the figures of one view are consistent.
void Glance::answered() {
  if (asking_ > 0 && --asking_ == 0 && phase_ == Phase::kOpen) view_ = std::move(next_);
}

}  // namespace orderd::admin
