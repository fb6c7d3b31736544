// A reply is bytes: one that is right for the command, a known word, an entry with fields of the input's, or the input
// itself.
#include "fuzz/lane_server.h"

#include <array>

#include "transport/resp.h"

namespace orderd::fuzz {
namespace {

namespace resp = test::resp;

constexpr std::array kErrors = {"NOSCRIPT x",    "NOGROUP x",  "OOM x",        "LOADING x",
                                "BUSY x",        "READONLY x", "UNBLOCKED x",  "MOVED 1 h:1",
                                "WRONGTYPE x",   "NOAUTH x",   "NOPERM x",     "CLUSTERDOWN x",
                                "ERR something", "MISCONF x",  "NOREPLICAS x", "MASTERDOWN x"};
constexpr std::array kVerdicts = {
    "accepted",  "insufficient_stock", "unknown_sku", "bad_stock", "id_reused", "duplicate",
    "malformed", "request_lost",       "stale",       "gone",      "nogroup",   "created",
    ""};

std::string entry(const std::string& id, const std::vector<std::string>& fields) {
  return resp::array({resp::bulk(id), resp::bulks(fields)});
}

std::string stream(const std::vector<std::string>& entries) {
  return resp::array({resp::array({resp::bulk("orders"), resp::array(entries)})});
}

}  // namespace

bool LaneServer::serve() {
  bool active = false;
  for (Peer peer = listening_.accept(); peer.stands(); peer = listening_.accept()) {
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
    ORDERD_CHECK(found != test::CommandParser::Found::kGarbage, "the lane sent what is no command");
  }
  return active;
}

void LaneServer::answer(Client& client, const Words& words) {
  if (words[0] == "CLIENT" && words.at(1) == "SETNAME") return client.peer.send(resp::simple("OK"));
  if (words[0] == "CLIENT" && words.at(1) == "ID") return client.peer.send(resp::integer(7));
  if (words[0] == "SCRIPT") return client.peer.send(resp::bulk("sha"));
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
    case 2: return resp::bulk(kVerdicts[which % kVerdicts.size()]);
    case 3: return resp::error(kErrors[which % kErrors.size()]);
    case 4: return entries();
    case 5: return which % 2 == 0 ? resp::nil() : resp::array({resp::bulk("0-0"), resp::array({}), resp::array({})});
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
    found.push_back(count == 3 ? resp::array({resp::bulk(id), resp::nil()})
                               : entry(id, {"id", "o-" + id, "sku", "shoe", "quantity", count == 2 ? "0" : "1"}));
  }
  return stream(found);
}

std::string LaneServer::right_reply(const Words& words) {
  if (words[0] == "XREADGROUP") return words.back() == ">" ? entries() : stream({});
  if (words[0] == "EVALSHA") return resp::bulk("accepted");
  if (words[0] == "HMGET") return resp::array({"$-1\r\n", "$-1\r\n"});
  if (words[0] == "XINFO") return resp::error("ERR no such key");
  if (words[0] == "CLIENT") return resp::integer(1);
  return resp::array({});
}

}  // namespace orderd::fuzz
