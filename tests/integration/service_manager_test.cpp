// What orderd reports to the service manager. The test is the manager: it owns the socket.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "integration/manager.h"
#include "integration/sale.h"

namespace orderd::test {
TEST_CASE("a daemon reports its start, status, reload and stop") {
  Sale sale(test_seed());
  const Manager manager;
  auto daemon = sale.daemon("only", {manager.variable()});
  CHECK(manager.change() == "READY=1");
  CHECK(manager.next().starts_with("STATUS='orders': serving, 0 in flight"));
  daemon->signal(SIGHUP);
  CHECK(manager.change().starts_with("RELOADING=1\nMONOTONIC_USEC="));
  CHECK(manager.change() == "READY=1");
  daemon->signal(SIGTERM);
  CHECK(manager.change() == "STOPPING=1");
  CHECK(daemon->wait() == 0);
}

TEST_CASE("a standby counts as started and reports the active daemon") {
  Sale sale(test_seed());
  auto first = sale.daemon("first");
  sale.wait_for_owner("first");
  const Manager manager;
  auto second = sale.daemon("second", {manager.variable()});
  CHECK(manager.change() == "READY=1");
  manager.until("STATUS='orders': standing by for 'first'");
  end(*first);
  manager.until("STATUS='orders': serving");
  end(*second);
}

TEST_CASE("a daemon without a server counts as started and reports what it waits for") {
  Sale sale(test_seed());
  sale.server.stop();
  const Manager manager;
  auto daemon = sale.daemon("only", {manager.variable()});
  CHECK(manager.change() == "READY=1");
  const std::string doing = manager.next();
  CHECK_MESSAGE(doing.starts_with("STATUS='orders': not connected: "), doing);
  CHECK(contains(doing, sale.server.endpoint().path));
  sale.server.start();
  manager.until("STATUS='orders': serving");
  end(*daemon);
}

TEST_CASE("a daemon that cannot serve exits before it reports ready") {
  Sale sale(test_seed());
  ask(sale.client(), {"CONFIG", "SET", "requirepass", "secret"});
  const Manager manager;
  auto daemon = sale.daemon("only", {manager.variable()});
  CHECK(daemon->wait() == 1);
  CHECK(manager.take() == "STOPPING=1");
  CHECK(manager.take().empty());
}

TEST_CASE("a daemon reports why it is blocked and how many requests wait") {
  Sale sale(test_seed());
  const Manager manager;
  auto daemon = sale.daemon("only", {manager.variable()});
  manager.until("READY=1");
  set(sale.client(), "results", "not a stream");
  push_order(sale.client(), "o-1");
  push_order(sale.client(), "o-2");
  std::string doing;
  do doing = manager.next();
  while (!doing.starts_with("STATUS='orders': cannot process orders: WRONGTYPE key results") ||
         !doing.ends_with(", 2 requests waiting"));
  ask_number(sale.client(), {"DEL", "results"});
  manager.until("STATUS='orders': serving");
  end(*daemon);
}

TEST_CASE("a daemon that waits for requests in flight asks for more time") {
  Sale sale(test_seed());
  const Manager manager;
  auto daemon =
      sale.daemon("only", {manager.variable(), "ORDERD_SHUTDOWN_DRAIN_TIMEOUT=10m", "ORDERD_VALKEY_REPLY_TIMEOUT=10m"});
  manager.until("STATUS='orders': serving");
  // In one write: orderd reads the order, and its calls are held back.
  sale.client().append(command_of({"XADD", "orders", "*", "id", "o-1", "sku", "shoe", "quantity", "1"}));
  sale.client().append(command_of({"CLIENT", "PAUSE", "600000", "WRITE"}));
  REQUIRE(sale.client().read().ok());
  REQUIRE(sale.client().read().ok());
  manager.until("STATUS='orders': serving, 1 in flight");
  daemon->signal(SIGTERM);
  manager.until("STOPPING=1");
  manager.until("EXTEND_TIMEOUT_USEC=10000000");
  manager.until("EXTEND_TIMEOUT_USEC=10000000");
  ask(sale.client(), {"CLIENT", "UNPAUSE"});
  CHECK(daemon->wait() == 0);
}

TEST_CASE("the watchdog is notified while the loop runs and not while the process is stopped") {
  Sale sale(test_seed());
  const Manager manager, clock;
  auto daemon = sale.daemon("only", {manager.variable(), "WATCHDOG_USEC=40000"});
  auto other = sale.daemon("other", {clock.variable(), "WATCHDOG_USEC=40000"});
  for (int i = 0; i < 5; ++i) manager.until("WATCHDOG=1");
  daemon->pause();
  manager.drop_all();
  clock.drop_all();
  for (int i = 0; i < 20; ++i) clock.until("WATCHDOG=1");
  CHECK(manager.take().empty());
  daemon->resume();
  for (int i = 0; i < 5; ++i) manager.until("WATCHDOG=1");
  end(*daemon);
  end(*other);
}

TEST_CASE("a watchdog for another process is not notified") {
  Sale sale(test_seed());
  const Manager manager, clock;
  auto daemon = sale.daemon("only", {manager.variable(), "WATCHDOG_USEC=40000", "WATCHDOG_PID=1"});
  auto other = sale.daemon("other", {clock.variable(), "WATCHDOG_USEC=40000"});
  manager.until("READY=1");
  for (int i = 0; i < 20; ++i) clock.until("WATCHDOG=1");
  for (std::string report = manager.take(); !report.empty(); report = manager.take()) {
    CHECK(report.starts_with("STATUS="));
  }
  CHECK_FALSE(says(*daemon, "watchdog"));
  end(*daemon);
  end(*other);
}

TEST_CASE("an invalid NOTIFY_SOCKET is named and otherwise ignored") {
  Sale sale(test_seed());
  const std::string cannot = "cannot report to the service manager at NOTIFY_SOCKET ";
  const std::string neither = "is neither a path nor an abstract name";
  const std::vector<std::pair<std::string, std::string>> odd = {
      {"", ""},
      {"/", neither},
      {"@", neither},
      {"notify", neither},
      {"vsock:2:1234", neither},
      {"/" + std::string(sizeof(sockaddr_un::sun_path) - 1, 'x'), neither},
      {"/" + std::string(sizeof(sockaddr_un::sun_path) - 2, 'x'), cannot},
      {"/no/such/file", cannot + "\"/no/such/file\": No such file or directory"},
      {"/etc/passwd", cannot + "\"/etc/passwd\": Connection refused"},
      {"@orderd-nobody-" + std::to_string(getpid()), cannot + "\"@orderd-nobody-"},
  };
  for (const auto& [address, line] : odd) {
    CAPTURE(address);
    auto daemon = sale.daemon("only", {"NOTIFY_SOCKET=" + address, "WATCHDOG_USEC=20000"});
    push_order(sale.client(), "o-" + std::to_string(address.size()) + address.substr(0, 8));
    sale.settle();
    if (!line.empty()) wait_to_say(*daemon, line);
    end(*daemon);
    CHECK(count_of(daemon->errors(), "NOTIFY_SOCKET") == (line.empty() ? 0 : 1));
  }
}

TEST_CASE("an abstract NOTIFY_SOCKET gets the reports") {
  Sale sale(test_seed());
  const Manager manager("orderd-test-" + std::to_string(getpid()));
  auto daemon = sale.daemon("only", {manager.variable()});
  CHECK(manager.change() == "READY=1");
  daemon->signal(SIGTERM);
  CHECK(manager.change() == "STOPPING=1");
  CHECK(daemon->wait() == 0);
}

TEST_CASE("invalid watchdog variables are named and otherwise ignored") {
  Sale sale(test_seed());
  const std::vector<std::pair<std::vector<std::string>, std::string>> odd = {
      {{"WATCHDOG_USEC="}, "WATCHDOG_USEC \"\" is not"},
      {{"WATCHDOG_USEC=0"}, "WATCHDOG_USEC \"0\" is not"},
      {{"WATCHDOG_USEC=-1"}, "WATCHDOG_USEC \"-1\" is not"},
      {{"WATCHDOG_USEC=1s"}, "WATCHDOG_USEC \"1s\" is not"},
      {{"WATCHDOG_USEC=18446744073709551616"}, "WATCHDOG_USEC \"18446744073709551616\" is not"},
      {{"WATCHDOG_USEC=1000000", "WATCHDOG_PID=me"}, "WATCHDOG_PID \"me\" is not"},
      {{"WATCHDOG_USEC=18446744073709551615"}, ""},
      {{"WATCHDOG_USEC=1"}, ""},
      {{"WATCHDOG_PID=1"}, ""},
  };
  for (const auto& [variables, line] : odd) {
    CAPTURE(variables.front());
    const Manager manager;
    auto daemon = sale.daemon("only", joined(variables, {manager.variable()}));
    CHECK(manager.change() == "READY=1");
    push_order(sale.client(), "o-" + variables.front());
    sale.settle();
    end(*daemon);
    CHECK(says(*daemon, "no watchdog: " + line) == !line.empty());
  }
}

TEST_CASE("a manager that does not read delays no order and gets the start later") {
  Sale sale(test_seed());
  const Manager manager, clock;
  manager.fill();
  auto daemon = sale.daemon("only", {manager.variable(), "WATCHDOG_USEC=40000"});
  push_order(sale.client(), "o-1");
  sale.settle();
  // Until the first attempt to report the start failed.
  auto other = sale.daemon("other", {clock.variable(), "WATCHDOG_USEC=40000"});
  for (int i = 0; i < 20; ++i) clock.until("WATCHDOG=1");
  manager.drop_all();
  manager.until("READY=1");
  manager.until("STATUS='orders': serving");
  end(*daemon);
  end(*other);
}

TEST_CASE("an embedded server does not inherit the variables of the service manager") {
  const TemporaryDirectory files;
  const std::string program = files.file("valkey-server"), seen = files.file("seen");
  std::ofstream(program) << "#!/bin/sh\nPATH=${PATH#*:}\nenv >" << seen << "\nexec valkey-server \"$@\"\n";
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  const Manager manager;
  Process daemon({ORDERD_PATH}, {.environment = {"ORDERD_VALKEY_URL=embedded:" + files.file("data"),
                                                 "PATH=" + files.path() + ":" + std::getenv("PATH"), manager.variable(),
                                                 "WATCHDOG_USEC=1000000", "WATCHDOG_PID=1"}});
  manager.until("STATUS='orders': serving");
  std::ifstream file(seen);
  const std::string environment{std::istreambuf_iterator<char>(file), {}};
  CHECK(contains(environment, "ORDERD_VALKEY_URL="));
  CHECK_FALSE(contains(environment, "NOTIFY_SOCKET="));
  CHECK_FALSE(contains(environment, "WATCHDOG_"));
  end(daemon);
}

}  // namespace orderd::test
