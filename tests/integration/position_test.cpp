// The position decides; consumer groups have no influence.
#include "integration/sale.h"

namespace orderd::test {
namespace {

// The ID of a random entry of the orders stream.
std::string any_request(Sale& sale) {
  const auto requests = entries(sale.client(), "orders");
  return requests[sale.random.number(requests.size())].id;
}

}  // namespace

TEST_CASE_FIXTURE(SharedSale, "changes of consumer groups affect no order") {
  const auto group = [&](Words words) {
    words.insert(words.begin() + 1, {"orders", "orderd"});
    words.insert(words.begin(), "XGROUP");
    (void)send(client(), command_of(words));
  };
  disturb(18, 600, [&](int i) {
    switch (i % 6) {
      case 0: group({"DESTROY"}); break;
      case 1: group({"SETID", "0"}); break;
      case 2: group({"SETID", any_request(*this)}); break;
      case 3: group({"SETID", "99999999999999-0"}); break;
      case 4:
        // Another consumer reads through the group, acknowledges nothing, and leaves.
        group({"SETID", "0"});
        (void)send(client(), command_of({"XREADGROUP", "GROUP", "orderd", "stranger", "STREAMS", "orders", ">"}));
        group({"DELCONSUMER", "stranger"});
        break;
      default: group({"DESTROY"}); group({"CREATE", "$"});
    }
  });
}

TEST_CASE_FIXTURE(Sale, "the group shows how many requests wait") {
  start();
  sell(1000);
  const auto shown = [&](const std::string& field) {
    return ask(client(), {"EVAL", R"(
      for _, group in ipairs(server.call('XINFO', 'GROUPS', 'orders')) do
        for i = 1, #group, 2 do
          if group[2] == 'orderd' and group[i] == ARGV[1] then return tostring(group[i + 1]) end
        end
      end
      return '')",
                          "0", field});
  };
  wait_for([&] { return shown("last-delivered-id") == position(); }, std::chrono::seconds(20), "the group to follow");
  CHECK(shown("lag") == "0");
  CHECK(shown("entries-read") == std::to_string(length(client(), "orders")));
  stop();
  for (int i = 0; i < 7; ++i) xadd(client(), "orders", {{"order", "none"}});
  CHECK(shown("lag") == "7");
}

TEST_CASE_FIXTURE(SharedSale, "a position that is deleted or moved by hand under load is restored") {
  disturb(25, 600, [&](int i) {
    const std::string places[] = {"0-0", any_request(*this), "99999999999999-0", entries(client(), "orders").back().id};
    if (i % 5 == 4) {
      ask_number(client(), {"DEL", "orders:position"});
    } else {
      ask_number(client(), {"HSET", "orders:position", "id", places[i % 5]});
    }
  });
}

TEST_CASE_FIXTURE(ServedSale, "a position that was deleted or moved while no daemon ran is restored at the start") {
  produce();
  wait_for_results(1000);
  for (const std::string& to :
       {std::string("0-0"), std::string("99999999999999-0"), std::string("no ID"), any_request(*this)}) {
    stop();
    ask_number(client(), {"HSET", "orders:position", "id", to});
    start();
    wait_for_results(300);
  }
  stop();
  ask_number(client(), {"DEL", "orders:position"});
  start();
  close_books();
}

TEST_CASE_FIXTURE(ServedSale, "keys of another type block the orders until they are deleted and are named") {
  produce();
  for (const std::string key : {"orders:position", "results", "orders:dead"}) {
    wait_for_results(300);
    CAPTURE(key);
    const std::size_t said = only->errors().size();
    ask_number(client(), {"EVAL",
                          "server.call('RENAME', KEYS[1], KEYS[1] .. ':aside') "
                          "server.call('SET', KEYS[1], 'text') return 0",
                          "1", key});
    wait_to_say(*only, "cannot process orders: WRONGTYPE key " + key, said);
    CHECK(ask(client(), {"RENAME", key + ":aside", key}) == "OK");
    wait_to_say(*only, "processing resumed", said);
  }
  close_books(300);
}

}  // namespace orderd::test
