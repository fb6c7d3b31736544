// Tests of the books: each kind of error makes the check fail.
#include "integration/sale.h"

#include <doctest/doctest.h>

using namespace orderd::test;

namespace {

// A correct sale whose server is changed afterwards.
void check_after(const std::string& script) {
  Sale sale(test_seed());
  auto daemon = sale.daemon("only");
  sale.produce();
  sale.wait_for_results(500);
  sale.stop_producing();
  sale.settle();
  end(*daemon);
  ask_number(sale.client(),
             {"EVAL", "local all = server.call('XRANGE', 'results', '-', '+') " + script + " return 0", "0"});
  sale.check_books();
}

}  // namespace

TEST_CASE("correct books pass") {
  check_after("");
}

TEST_CASE("the books miss a result" * doctest::should_fail()) {
  check_after("server.call('XDEL', 'results', all[200][1])");
}

TEST_CASE("the books miss the last result" * doctest::should_fail()) {
  check_after("server.call('XDEL', 'results', all[#all][1])");
}

TEST_CASE("the books find a second result" * doctest::should_fail()) {
  check_after("server.call('XADD', 'results', '*', 'order', '', 'request', all[#all][2][4], 'status', 'rejected')");
}

TEST_CASE("the books find results out of order" * doctest::should_fail()) {
  check_after(R"(
    server.call('DEL', 'results')
    all[100][2], all[101][2] = all[101][2], all[100][2]
    for _, entry in ipairs(all) do server.call('XADD', 'results', entry[1], unpack(entry[2])) end)");
}

TEST_CASE("the books find stock that was sold without a result" * doctest::should_fail()) {
  check_after("server.call('DECRBY', 'product:shoe:stock', 1)");
}

TEST_CASE("the books miss a dead letter" * doctest::should_fail()) {
  check_after("server.call('XTRIM', 'orders:dead', 'MAXLEN', server.call('XLEN', 'orders:dead') - 1)");
}
