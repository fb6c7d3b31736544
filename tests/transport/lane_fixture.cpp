#include "transport/lane_fixture.h"

#include <spdlog/sinks/ostream_sink.h>

#include <algorithm>
#include <utility>

#include "support/entry_id.h"

namespace orderd::test {

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
    texts.push_back(resp::array({resp::bulk(entry.id), resp::bulks(entry.fields)}));
  }
  return resp::array({resp::array({resp::bulk("orders"), resp::array(texts)})});
}

std::string join_reply(const std::string& position, const std::string& done, const std::string& wrong, int deleted) {
  return resp::bulks({position, "0", "-1", done, wrong, std::to_string(deleted)});
}

SettleCall settle_call(const Received& command) {
  const std::size_t first = 3 + std::stoul(command.words.at(2));
  SettleCall call{command.words.at(first), {}};
  const std::size_t count = std::stoul(command.words.at(first + 2));
  for (std::size_t at = first + 5; call.requests.size() < count;) {
    call.requests.push_back(command.words.at(at + 1));
    const std::size_t lines = std::stoul(command.words.at(at));
    at += lines > 0 ? 5 + 3 * lines : 6 + std::stoul(command.words.at(at + 5));
  }
  return call;
}

LaneFixture::LaneFixture()
    : topology_([this] { return Result<valkey::Endpoint>(fake.endpoint()); }),
      read_block_(loop, [this] { fake.answer("XREAD", resp::nil()); }) {
  options.max_in_flight = 16;
  options.orders_per_call = 4;
  logger_before_ = spdlog::default_logger();
  spdlog::set_default_logger(
      std::make_shared<spdlog::logger>("lane", std::make_shared<spdlog::sinks::ostream_sink_st>(log_)));
  fake.on("XREAD").answer([this](const Received& command) { return read(command); });
  fake.on("EVALSHA settle").answer([this](const Received& command) { return settle(command); });
  fake.on("EVALSHA join").answer([this](const Received& /*command*/) { return join_reply(position); });
  fake.on("EVALSHA lease").answer([this](const Received& command) {
    if (command.words.at(command.words.size() - 2) == "release") return resp::bulks({"released"});
    return owner.empty() ? resp::bulks({"active", "1", std::to_string(server_ms)})
                         : resp::bulks({"standby", owner, "3000"});
  });
  fake.on("EVALSHA trim").reply(resp::bulks({"0", "0"}));
  fake.on("EVALSHA sign").reply(resp::bulks({"moved", "0"}));
}

LaneFixture::~LaneFixture() {
  if (lane) {
    lane->finish();
    CHECK(turned_until([this] { return finished > 0 || gave_up(); }));
    turn(Milliseconds(1));
    CHECK(finished + (gave_up() ? 1 : 0) == 1);
    lane.reset();
    CHECK(turned_until([this] { return fake.standing() == 0; }));
  }
  // In every test requests are settled in order, none twice.
  CHECK(std::is_sorted(settled.begin(), settled.end(), [](const std::string& a, const std::string& b) {
    return EntryId::parse(a) < EntryId::parse(b);
  }));
  CHECK(std::adjacent_find(settled.begin(), settled.end()) == settled.end());
  // A lane never unblocks a read: CLIENT UNBLOCK during CLIENT PAUSE crashes Valkey 8.0 with an assertion.
  CHECK(fake.count("CLIENT UNBLOCK") == 0);
  spdlog::set_default_logger(logger_before_);
}

void LaneFixture::start() {
  lane.reset(new lane::Lane(loop, options, topology_, connections_, 1, *this));
  lane->start();
}

void LaneFixture::serve() {
  start();
  until_idle();
}

void LaneFixture::until_idle() {
  until([this] { return fake.waits("XREAD") && lane->status().in_flight == 0; }, "the lane waits for new entries");
}

void LaneFixture::until_settled() {
  until([this] { return stream.empty() || position == stream.back().id; }, "everything is settled");
  until_idle();
}

void LaneFixture::deliver(const std::vector<StreamEntry>& entries) {
  stream.insert(stream.end(), entries.begin(), entries.end());
  for (auto command = fake.received().rbegin(); fake.waits("XREAD") && command != fake.received().rend(); ++command) {
    if (!command->begins("XREAD")) continue;
    if (auto reply = read(*command)) fake.answer("XREAD", *reply);
    return;
  }
}

FakeServer::Rule& LaneFixture::hold_settle() {
  return fake.on("EVALSHA settle").answer([this](const Received& command) { return settle(command); }).hold();
}

std::vector<SettleCall> LaneFixture::calls() const {
  std::vector<SettleCall> calls;
  for (const Received& command : fake.received()) {
    if (command.begins("EVALSHA settle")) calls.push_back(settle_call(command));
  }
  return calls;
}

std::size_t LaneFixture::logged(std::string_view text) const {
  std::istringstream lines(log_.str());
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line);) count += line.find(text) != std::string::npos ? 1 : 0;
  return count;
}

std::size_t LaneFixture::settler() const {
  std::size_t connection = 0;
  for (const Received& command : fake.received()) {
    if (command.begins("CLIENT SETNAME orderd-settle:me")) connection = command.connection;
  }
  return connection;
}

void LaneFixture::on_finished() {
  ++finished;
  if (on_finished_then) on_finished_then();
}

std::optional<std::string> LaneFixture::read(const Received& command) {
  const std::size_t count = std::stoul(command.option("COUNT"));
  CHECK(count + lane->status().in_flight <= options.max_in_flight);  // for every read of every test
  read_block_.stop();
  std::vector<StreamEntry> found;
  for (const StreamEntry& entry : stream) {
    if (EntryId::parse(entry.id) > EntryId::parse(command.words.back()) && found.size() < count) found.push_back(entry);
  }
  if (!found.empty()) return stream_reply(found);
  read_block_.start(lane::kReadBlock);
  return std::nullopt;
}

std::string LaneFixture::settle(const Received& command) {
  const SettleCall call = settle_call(command);
  if (call.previous != position) return resp::bulk("moved");
  settled.insert(settled.end(), call.requests.begin(), call.requests.end());
  position = call.requests.back();
  std::string letters;
  while (letters.size() < call.requests.size()) letters += letter;
  return resp::bulk(letters);
}

}  // namespace orderd::test
