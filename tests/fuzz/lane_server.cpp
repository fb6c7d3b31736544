// A reply is bytes: the right one for the command, a known error code, an entry with fields from the input, or the raw
// input.
#include "fuzz/lane_server.h"

#include <array>

#include "transport/resp.h"

namespace orderd::fuzz {
namespace {

namespace resp = test::resp;

constexpr std::array kErrors = {"NOSCRIPT x",    "ASK 1 h:1",  "OOM x",        "LOADING x",
                                "BUSY x",        "READONLY x", "UNBLOCKED x",  "MOVED 1 h:1",
                                "WRONGTYPE x",   "NOAUTH x",   "NOPERM x",     "CLUSTERDOWN x",
                                "ERR something", "MISCONF x",  "NOREPLICAS x", "MASTERDOWN x"};
constexpr std::array kWords = {"a", "m", "asukridm", "moved", "active", "standby", "namesake", "released", "0-0", ""};

// Like the second line of the daemon's scripts: "-- settle.lua: …".
std::string script_name(const std::string& text) {
  const std::size_t end = text.find(".lua");
  const std::size_t comment = text.rfind("-- ", end);
  return end == std::string::npos || comment == std::string::npos ? "script"
                                                                  : text.substr(comment + 3, end - comment - 3);
}

std::string entry(const std::string& id, const std::vector<std::string>& fields) {
  return resp::array({resp::bulk(id), resp::bulks(fields)});
}

std::string stream(const std::vector<std::string>& entries) {
  return resp::array({resp::array({resp::bulk("orders"), resp::array(entries)})});
}

}  // namespace

bool LaneServer::serve() {
  bool active = false;
  for (Peer peer = listening_.accept(); peer.is_open(); peer = listening_.accept()) {
    clients_.push_back({std::move(peer), {}});
    active = true;
  }
  for (Client& client : clients_) {
    const std::string bytes = client.peer.receive();
    client.parser.feed(bytes);
    Words words;
    test::CommandParser::Found found{};
    while ((found = client.parser.next(words)) == test::CommandParser::Found::kCommand) {
      answer(client, words);
      active = true;
    }
    ORDERD_CHECK(found != test::CommandParser::Found::kGarbage, "the lane sent something that is not a command");
  }
  return active;
}

void LaneServer::answer(Client& client, const Words& words) {
  if (words[0] == "CLIENT") return client.peer.send(resp::simple("OK"));
  if (words[0] == "HELLO" || words[0] == "INFO" || words[0] == "ROLE") {
    return client.peer.send(resp::error("ERR unknown command"));
  }
  if (words[0] == "SCRIPT") return client.peer.send(resp::bulk(script_name(words.at(2))));
  if (input_.empty()) return;
  const std::string bytes = reply(words);
  if (bytes.empty()) return client.peer.close();
  client.peer.send(bytes);
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
  if (words[0] != "EVALSHA") return words[0] == "XGROUP" ? resp::simple("OK") : resp::array({});
  if (words[1] == "lease") return resp::bulks({words.back() == "release" ? "released" : "active", "1"});
  if (words[1] == "join") return resp::bulks({"0-0", "0", "0", "", "", "0", "0"});
  if (words[1] == "trim") return resp::bulks({"0", "0"});
  if (words[1] == "sign") return resp::bulks({"moved", "0"});
  const std::size_t requests = std::stoul(words.at(3 + std::stoul(words.at(2)) + 2));
  return resp::bulk(std::string(requests, 'a'));
}

}  // namespace orderd::fuzz
