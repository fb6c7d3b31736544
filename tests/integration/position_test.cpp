// The position decides; consumer groups have no influence.
#include <doctest/doctest.h>

#include "integration/sale.h"
#include "support/wait_for.h"

using namespace orderd::test;
using namespace std::chrono_literals;

namespace {

// Calls `meddle` this many times under load, with this many daemons, then checks the books.
template <class Meddle>
void survive(std::size_t daemons, int times, Meddle&& meddle) {
  Sale sale(test_seed());
  std::vector<std::unique_ptr<Process>> serving;
  for (std::size_t i = 0; i < daemons; ++i) serving.push_back(sale.daemon("daemon-" + std::to_string(i)));
  sale.disturb(times, 600, [&](int i) { meddle(sale, i); });
  for (const auto& daemon : serving) end(*daemon);
}

// The ID of a random entry of the orders stream.
std::string any_request(Sale& sale) {
  const auto requests = entries(sale.client(), "orders");
  return requests[sale.random.number(requests.size())].id;
}

}  // namespace

TEST_CASE("changes of consumer groups affect no order") {
  survive(2, 18, [](Sale& sale, int i) {
    auto& client = sale.client();
    switch (i % 6) {
      case 0: (void)send(client, command_of({"XGROUP", "DESTROY", "orders", "orderd"})); break;
      case 1: (void)send(client, command_of({"XGROUP", "SETID", "orders", "orderd", "0"})); break;
      case 2: (void)send(client, command_of({"XGROUP", "SETID", "orders", "orderd", any_request(sale)})); break;
      case 3: (void)send(client, command_of({"XGROUP", "SETID", "orders", "orderd", "99999999999999-0"})); break;
      case 4:
        // Another consumer reads through the group, acknowledges nothing, and leaves.
        (void)send(client, command_of({"XGROUP", "SETID", "orders", "orderd", "0"}));
        (void)send(client, command_of({"XREADGROUP", "GROUP", "orderd", "stranger", "STREAMS", "orders", ">"}));
        (void)send(client, command_of({"XGROUP", "DELCONSUMER", "orders", "orderd", "stranger"}));
        break;
      default:
        (void)send(client, command_of({"XGROUP", "DESTROY", "orders", "orderd"}));
        (void)send(client, command_of({"XGROUP", "CREATE", "orders", "orderd", "$"}));
    }
  });
}

TEST_CASE("the group shows how many requests wait") {
  Sale sale(test_seed());
  auto daemon = sale.daemon("only");
  sale.sell(1000);
  const auto shown = [&](const std::string& field) {
    return ask(sale.client(), {"EVAL", R"(
      for _, group in ipairs(server.call('XINFO', 'GROUPS', 'orders')) do
        for i = 1, #group, 2 do
          if group[2] == 'orderd' and group[i] == ARGV[1] then return tostring(group[i + 1]) end
        end
      end
      return '')",
                               "0", field});
  };
  wait_for([&] { return shown("last-delivered-id") == sale.position(); }, 20s, "the group to follow");
  CHECK(shown("lag") == "0");
  CHECK(shown("entries-read") == std::to_string(length(sale.client(), "orders")));
  end(*daemon);
  for (int i = 0; i < 7; ++i) xadd(sale.client(), "orders", {{"order", "none"}});
  CHECK(shown("lag") == "7");
}

TEST_CASE("a position that is deleted under load is recovered") {
  survive(2, 8, [](Sale& sale, int /*i*/) { ask_number(sale.client(), {"DEL", "orders:position"}); });
}

TEST_CASE("a position that is moved by hand under load is restored") {
  survive(2, 12, [](Sale& sale, int i) {
    const std::string to = i % 4 == 0   ? "0-0"
                           : i % 4 == 1 ? any_request(sale)
                           : i % 4 == 2 ? "99999999999999-0"
                                        : entries(sale.client(), "orders").back().id;
    ask_number(sale.client(), {"HSET", "orders:position", "id", to});
  });
}

TEST_CASE_FIXTURE(ServedSale, "a position that was moved while no daemon ran is restored at the start") {
  sale.produce();
  sale.wait_for_results(1000);
  end(*daemon);
  for (const std::string& to :
       {std::string("0-0"), std::string("99999999999999-0"), std::string("no ID"), any_request(sale)}) {
    ask_number(sale.client(), {"HSET", "orders:position", "id", to});
    daemon = sale.daemon("only");
    sale.wait_for_results(300);
    end(*daemon);
  }
  ask_number(sale.client(), {"DEL", "orders:position"});
  daemon = sale.daemon("only");
  sale.close_books();
}

TEST_CASE_FIXTURE(ServedSale, "keys of another type block the orders until they are deleted and are named") {
  sale.produce();
  for (const std::string key : {"orders:position", "results", "orders:dead"}) {
    sale.wait_for_results(300);
    CAPTURE(key);
    const std::size_t said = daemon->errors().size();
    ask_number(sale.client(), {"EVAL",
                               "server.call('RENAME', KEYS[1], KEYS[1] .. ':aside') "
                               "server.call('SET', KEYS[1], 'text') return 0",
                               "1", key});
    wait_to_say(*daemon, "cannot process orders: WRONGTYPE key " + key, said);
    CHECK(ask(sale.client(), {"RENAME", key + ":aside", key}) == "OK");
    wait_to_say(*daemon, "processing resumed", said);
  }
  sale.close_books(300);
}
