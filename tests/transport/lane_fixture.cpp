#include "transport/lane_fixture.h"

#include <spdlog/sinks/ostream_sink.h>

#include <algorithm>
#include <utility>

#include "lane/restore.h"

namespace orderd::test {
namespace {


// The word behind `name`: the value of an option of XREADGROUP.
std::string option(const Received& command, std::string_view name) {
  const auto found = std::find(command.words.begin(), command.words.end(), name);
  return found == command.words.end() || found + 1 == command.words.end() ? "" : *(found + 1);
}

lane::Options lane_options() {
  lane::Options options{
      .orders = "orders",
      .results = "results",
      .dead = "orders:dead",
      .group = "orderd",
      .consumer = "me",
      .stock_keys = *order::KeyTemplate::parse("product:<sku>:stock", "<sku>"),
      .order_keys = *order::KeyTemplate::parse("order:<id>", "<id>"),
      .limits = {},
  };
  options.max_in_flight = 16;
  return options;
}

}  // namespace

StreamEntry order_entry(const std::string& id) {
  return {id, {"id", "o-" + id, "sku", "shoe", "quantity", "1"}};
}

std::vector<StreamEntry> order_entries(int first, int last) {
  std::vector<StreamEntry> entries;
  for (int i = first; i <= last; ++i) entries.push_back(order_entry(std::to_string(i) + "-0"));
  return entries;
}

std::string stream_reply(const std::vector<StreamEntry>& entries) {
  std::vector<std::string> texts;
  for (const StreamEntry& entry : entries) {
    texts.push_back(
        resp::array({resp::bulk(entry.id), entry.fields.empty() ? resp::nil() : resp::bulks(entry.fields)}));
  }
  return resp::array({resp::array({resp::bulk("orders"), resp::array(texts)})});
}

std::string request_of(const Received& command) {
  return command.words.at(3 + std::stoul(command.words.at(2)) + 1);
}

LaneFixture::LaneFixture()
    : options(lane_options()),
      topology_([this] { return Result<valkey::Endpoint>(fake.endpoint()); }),
      read_block_(loop, [this] { fake.answer("XREADGROUP", resp::nil()); }) {
  logger_before_ = spdlog::default_logger();
  spdlog::set_default_logger(
      std::make_shared<spdlog::logger>("lane", std::make_shared<spdlog::sinks::ostream_sink_st>(log_)));
  fake.on("XREADGROUP").answer([this](const Received& command) { return read(command); });
  fake.on("EVALSHA settle").answer([this](const Received& command) { return settle(command, "accepted"); });
  fake.on("EVALSHA refuse").answer([this](const Received& command) {
    return settle(command, command.words.at(3 + 3 + 4));
  });
  fake.on("EVALSHA claim").reply(resp::array({resp::bulk("0-0"), resp::integer(0), resp::integer(0)}));
  fake.on("EVALSHA position").reply(resp::bulk(""));
  fake.on("EVALSHA trim").reply(resp::integer(0));
  fake.on("EVALSHA restore").reply(resp::bulk("created"));
  fake.on("XCLAIM").reply(resp::array({}));
  fake.on("HMGET").reply(resp::array({"$-1\r\n", "$-1\r\n"}));
  fake.on("XPENDING").error("NOGROUP No such key 'orders' or consumer group 'orderd'");
  fake.on("XGROUP DESTROY").reply(resp::integer(0));
  fake.on("XREVRANGE").reply(resp::array({}));
  fake.on("XINFO STREAM").error("ERR no such key");
  fake.on("XRANGE").reply(resp::array({}));
}

LaneFixture::~LaneFixture() {
  if (lane) {
    lane->finish();
    fake.answer("XREADGROUP", resp::nil());  // it would run out, but nothing is learned by waiting for that
    CHECK(turned_until(
        loop, [this] { return finished > 0 || !fatal.empty(); }, kPatience));
    run_for(loop, Milliseconds(1));
    CHECK(static_cast<std::size_t>(finished) + fatal.size() == 1);
    lane.reset();
    CHECK(turned_until(
        loop, [this] { return fake.standing() == 0; }, kPatience));
  }
  // A lane wakes no read: CLIENT UNBLOCK of a client that CLIENT PAUSE holds back ends Valkey 8.0 in an assertion.
  CHECK(fake.count("CLIENT") == fake.count("CLIENT SETNAME"));
  spdlog::set_default_logger(logger_before_);
}

void LaneFixture::start() {
  lane.reset(new lane::Lane(loop, options, topology_, 1, *this));
  lane->start();
}

void LaneFixture::serve() {
  start();
  until_idle();
}

void LaneFixture::until_idle() {
  until([this] { return fake.waits("XREADGROUP") && lane->in_flight() == 0; }, "the lane waits for new entries");
}

void LaneFixture::deliver(const std::vector<StreamEntry>& entries) {
  fresh.insert(fresh.end(), entries.begin(), entries.end());
  if (!fake.waits("XREADGROUP")) return;
  for (auto command = fake.received().rbegin(); command != fake.received().rend(); ++command) {
    if (!command->begins("XREADGROUP")) continue;
    fake.answer("XREADGROUP", read(*command).value());
    return;
  }
}

std::vector<std::string> LaneFixture::settled() const {
  std::vector<std::string> requests;
  for (const Received& command : fake.received()) {
    if (command.begins("EVALSHA settle") || command.begins("EVALSHA refuse")) requests.push_back(request_of(command));
  }
  return requests;
}

std::size_t LaneFixture::logged(std::string_view text) const {
  std::istringstream lines(log_.str());
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line);) count += line.find(text) != std::string::npos ? 1 : 0;
  return count;
}

std::size_t LaneFixture::recoveries() const {
  return static_cast<std::size_t>(
      std::count_if(fake.received().begin(), fake.received().end(),
                    [](const Received& each) { return each.begins("XREADGROUP") && each.words.back() == "0-0"; }));
}

std::vector<std::string> LaneFixture::reads() const {
  std::vector<std::string> from;
  for (const Received& command : fake.received()) {
    if (!command.begins("XREADGROUP")) continue;
    if (from.empty() || from.back() != ">" || command.words.back() != ">") from.push_back(command.words.back());
  }
  return from;
}

void LaneFixture::on_finished() {
  ++finished;
  if (on_finished_then) on_finished_then();
}

std::optional<std::string> LaneFixture::read(const Received& command) {
  const std::size_t count = std::stoul(option(command, "COUNT"));
  CHECK(count + lane->in_flight() <= options.max_in_flight);  // of every read of every test
  read_block_.stop();
  std::vector<StreamEntry> found;
  if (command.words.back() == ">") {
    if (fresh.empty()) {
      read_block_.start(lane::kReadBlock);
      return std::nullopt;
    }
    for (; !fresh.empty() && found.size() < count; fresh.pop_front()) found.push_back(fresh.front());
    pending.insert(pending.end(), found.begin(), found.end());
  } else {
    for (const StreamEntry& entry : pending) {
      if (EntryId::parse(entry.id) > EntryId::parse(command.words.back()) && found.size() < count)
        found.push_back(entry);
    }
  }
  return stream_reply(found);
}

std::string LaneFixture::settle(const Received& command, const std::string& verdict) {
  std::erase_if(pending, [request = request_of(command)](const StreamEntry& entry) { return entry.id == request; });
  return resp::bulk(verdict);
}

std::size_t LaneFixture::newest(std::string_view name) const {
  std::size_t connection = 0;
  for (const Received& command : fake.received()) {
    if (command.begins("CLIENT SETNAME") && command.words.at(2) == name) connection = command.connection;
  }
  return connection;
}

}  // namespace orderd::test
