// A reply is bytes: the right one for the command, a known error code, an entry with fields from the input, or the raw
// input.
#include "fuzz/lane_server.h"

#include <array>
#include <optional>

#include "support/resp.h"

namespace orderd::fuzz {
namespace {

namespace resp = test::resp;

constexpr std::array kErrors = {"NOSCRIPT x",    "ASK 1 h:1",  "OOM x",        "LOADING x",
                                "BUSY x",        "READONLY x", "UNBLOCKED x",  "MOVED 1 h:1",
                                "WRONGTYPE x",   "NOAUTH x",   "NOPERM x",     "CLUSTERDOWN x",
                                "ERR something", "MISCONF x",  "NOREPLICAS x", "MASTERDOWN x"};
constexpr std::array kWords = {"a", "m", "asukridm", "moved", "active", "standby", "namesake", "released", "0-0", ""};

std::string entry(const std::string& id, const std::vector<std::string>& fields) {
  return resp::array({resp::bulk(id), resp::bulks(fields)});
}

std::string stream(const std::vector<std::string>& entries) {
  return resp::array({resp::array({resp::bulk("orders"), resp::array(entries)})});
}

}  // namespace

LaneServer::LaneServer(Loop& loop, Input input) : fake_(loop), input_(input) {
  for (const char* command : {"HELLO", "INFO", "ROLE"}) fake_.on(command).error("ERR unknown command");
  for (const char* command : {"EVALSHA", "XREAD"}) {
    fake_.on(command).answer([this](const test::Received& received) -> std::optional<std::string> {
      if (input_.empty()) return std::nullopt;
      std::string bytes = reply(received.words);
      if (bytes.empty()) fake_.close(received.connection);
      return bytes;
    });
  }
}

std::string LaneServer::reply(const Words& words) {
  const uint8_t how = input_.byte();
  const std::size_t which = how / 8;
  switch (how % 8) {
    case 0:
    case 1: return right_reply(words);
    case 2: return resp::bulk(kWords[which % kWords.size()]);
    case 3: return resp::error(kErrors[which % kErrors.size()]);
    case 4: return entries();
    case 5: return which % 2 == 0 ? resp::nil() : resp::bulks({"active", "1", "0", "0", "0", "0", "0"});
    case 6: return std::string(input_.take(input_.byte()));
    default: {
      std::vector<std::string> texts;
      for (std::size_t i = 0; i < which % 8; ++i) texts.emplace_back(input_.take(input_.byte() % 32));
      return which < 16 ? resp::bulks(texts) : stream({entry(std::to_string(next_id_++) + "-0", texts)});
    }
  }
}

std::string LaneServer::entries() {
  std::vector<std::string> found;
  for (int count = input_.byte() % 4; count >= 0; --count) {
    const std::string id = std::to_string(next_id_++) + "-0";
    found.push_back(count == 3 ? entry(id, {"note", "no order"})
                               : entry(id, {"id", "o-" + id, "sku", "shoe", "quantity", count == 2 ? "0" : "1"}));
  }
  return stream(found);
}

std::string LaneServer::right_reply(const Words& words) {
  if (words[0] == "XREAD") return entries();
  if (words[1] == "lease") return resp::bulks({words.back() == "release" ? "released" : "active", "1"});
  if (words[1] == "join") return resp::bulks({"0-0", "0", "0", "", "", "0", "0"});
  if (words[1] == "trim") return resp::bulks({"0", "0"});
  if (words[1] == "sign") return resp::bulks({"moved", "0"});
  const std::size_t requests = std::stoul(words.at(3 + std::stoul(words.at(2)) + 2));
  return resp::bulk(std::string(requests, 'a'));
}

}  // namespace orderd::fuzz
