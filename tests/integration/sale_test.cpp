// Tests of the books: each kind of error is found.
#include "integration/sale.h"

namespace orderd::test {

TEST_CASE("correct books have no error and each kind of error is found") {
  struct Change {
    const char* script;  // changes the server of a correct sale, all of whose results are `all`
    std::string error;
  };
  for (const auto& [script, error] : std::vector<Change>{
           {"", ""},
           {"server.call('XDEL', 'results', all[200][1])", "no result for "},
           {"server.call('XDEL', 'results', all[#all][1])", "no result for "},
           {"server.call('XADD', 'results', '*', 'order', '', 'request', all[#all][2][4], 'status', 'rejected')",
            " comes after "},
           {R"(server.call('DEL', 'results')
               all[100][2], all[101][2] = all[101][2], all[100][2]
               for _, entry in ipairs(all) do server.call('XADD', 'results', entry[1], unpack(entry[2])) end)",
            " comes after "},
           {"server.call('DECRBY', 'product:shoe:stock', 1)", "the stock of shoe is "},
           {"server.call('XTRIM', 'orders:dead', 'MAXLEN', server.call('XLEN', 'orders:dead') - 1)",
            " dead letters of "}}) {
    CAPTURE(script);
    ServedSale sale;
    sale.sell(500);
    ask_number(
        sale.client(),
        {"EVAL", std::string("local all = server.call('XRANGE', 'results', '-', '+') ") + script + " return 0", "0"});
    std::string found;
    for (const std::string& each : sale.errors_in_books()) found += each + "\n";
    CHECK_MESSAGE(contains(found, error), found);
    CHECK(found.empty() == error.empty());
  }
}

}  // namespace orderd::test
