// What orderd reports to the service manager. The test is the manager: it owns the socket.
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "integration/sale.h"

namespace orderd::test {
namespace {

constexpr std::chrono::seconds kReportPatience{30};

// A socket that receives a daemon's reports in order.
class Manager {
 public:
  // `name`: of an abstract socket; empty: one in a new directory.
  explicit Manager(const std::string& name = "") : address_(name.empty() ? directory_.file("notify") : "@" + name) {
    to_.sun_family = AF_UNIX;
    std::memcpy(to_.sun_path, address_.data(), address_.size());
    if (address_[0] == '@') to_.sun_path[0] = '\0';
    fd_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    REQUIRE(fd_ >= 0);
    REQUIRE(bind(fd_, reinterpret_cast<const sockaddr*>(&to_), size()) == 0);
  }
  ~Manager() { close(fd_); }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  [[nodiscard]] std::string variable() const { return "NOTIFY_SOCKET=" + address_; }

  // The next report, if there is one; empty: none.
  [[nodiscard]] std::string take() const {
    char report[4096];
    const ssize_t bytes = recv(fd_, report, sizeof report, 0);
    return {report, bytes < 0 ? 0 : static_cast<std::size_t>(bytes)};
  }
  // Waits for the next report.
  [[nodiscard]] std::string next() const {
    std::string report;
    wait_for([&] { return !(report = take()).empty(); }, kReportPatience, "a report");
    return report;
  }
  // The next report, except those sent once a second or more often.
  [[nodiscard]] std::string change() const {
    std::string report;
    do report = next();
    while (report.starts_with("STATUS=") || report.starts_with("WATCHDOG=") ||
           report.starts_with("EXTEND_TIMEOUT_USEC="));
    return report;
  }
  // Takes reports until one begins and ends like this.
  void until(const std::string& begin, const std::string& end = "") const {
    std::string last = "none";
    const auto came = [&] {
      const std::string report = take();
      if (!report.empty()) last = report;
      return last.starts_with(begin) && last.ends_with(end);
    };
    if (!poll_until(came, kReportPatience)) FAIL("no report ", begin, end, "; the last one: ", last);
  }
  void drop_all() const {
    while (!take().empty()) continue;
  }
  // Sends to itself until the queue is full.
  void fill() const {
    while (sendto(fd_, "FULL", 4, 0, reinterpret_cast<const sockaddr*>(&to_), size()) == 4) continue;
    REQUIRE(errno == EAGAIN);
  }

 private:
  [[nodiscard]] socklen_t size() const {
    return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  }

  TemporaryDirectory directory_;
  const std::string address_;
  sockaddr_un to_{};
  int fd_ = -1;
};

struct ManagedSale : Sale {
  // `settings` may set another NOTIFY_SOCKET.
  void start(const Words& settings = {}) { Sale::start(joined({manager.variable()}, settings)); }
  // For 20 notifications of another daemon's watchdog.
  void wait_for_20_notifications() {
    const Manager clock;
    auto other = daemon("other", {clock.variable(), "WATCHDOG_USEC=40000"});
    for (int i = 0; i < 20; ++i) clock.until("WATCHDOG=1");
    end(*other);
  }
  Manager manager;
};

}  // namespace

TEST_CASE_FIXTURE(Sale, "a daemon reports its start, status, reload and stop to a path or an abstract address") {
  for (const std::string& name : {std::string(), "orderd-test-" + std::to_string(getpid())}) {
    CAPTURE(name);
    const Manager manager(name);
    auto reporting = daemon("only", {manager.variable()});
    CHECK(manager.change() == "READY=1");
    CHECK(manager.next().starts_with("STATUS='orders': serving, 0 in flight"));
    reporting->signal(SIGHUP);
    CHECK(manager.change().starts_with("RELOADING=1\nMONOTONIC_USEC="));
    CHECK(manager.change() == "READY=1");
    reporting->signal(SIGTERM);
    CHECK(manager.change() == "STOPPING=1");
    CHECK(reporting->wait() == 0);
  }
}

TEST_CASE_FIXTURE(ManagedSale, "a standby counts as started, and serves as soon as the active daemon stops") {
  auto first = daemon("first", {"ORDERD_PROCESSING_LEASE=10m"});
  wait_for_owner("first");
  start();
  CHECK(manager.change() == "READY=1");
  manager.until("STATUS='orders': standing by for 'first'");
  end(*first);
  manager.until("STATUS='orders': serving");
}

TEST_CASE_FIXTURE(ManagedSale, "a daemon counts as started without a server, and reports what it waits for") {
  server.stop();
  start();
  CHECK(manager.change() == "READY=1");
  const std::string doing = manager.next();
  CHECK_MESSAGE(doing.starts_with("STATUS='orders': not connected: "), doing);
  CHECK(contains(doing, server.endpoint().path));
  CHECK_FALSE(says(*only, "ready: "));
  server.start();
  manager.until("STATUS='orders': serving");
  reconnect();
  set(client(), "results", "not a stream");
  push_order(client(), "o-1");
  push_order(client(), "o-2");
  manager.until("STATUS='orders': cannot process orders: WRONGTYPE key results", ", 2 requests waiting");
  ask_number(client(), {"DEL", "results"});
  manager.until("STATUS='orders': serving");
}

TEST_CASE_FIXTURE(ManagedSale, "a daemon that cannot serve exits before it reports ready") {
  ask(client(), {"CONFIG", "SET", "requirepass", "secret"});
  CHECK(daemon("only", {manager.variable()})->wait() == 1);
  CHECK(manager.take() == "STOPPING=1");
  CHECK(manager.take().empty());
}

TEST_CASE_FIXTURE(ManagedSale, "a daemon that waits for requests in flight asks for more time") {
  start({"ORDERD_SHUTDOWN_DRAIN_TIMEOUT=10m", "ORDERD_VALKEY_REPLY_TIMEOUT=10m"});
  manager.until("STATUS='orders': serving");
  // In one write: orderd reads the order, and its calls are held back.
  client().append(command_of({"XADD", "orders", "*", "id", "o-1", "sku", "shoe", "quantity", "1"}));
  client().append(command_of({"CLIENT", "PAUSE", "600000", "WRITE"}));
  REQUIRE(client().read().ok());
  REQUIRE(client().read().ok());
  manager.until("STATUS='orders': serving, 1 in flight");
  only->signal(SIGTERM);
  manager.until("STOPPING=1");
  manager.until("EXTEND_TIMEOUT_USEC=10000000");
  manager.until("EXTEND_TIMEOUT_USEC=10000000");
  ask(client(), {"CLIENT", "UNPAUSE"});
  CHECK(only->wait() == 0);
  only.reset();
}

TEST_CASE_FIXTURE(ManagedSale, "the watchdog is notified while the loop runs and not while the process is stopped") {
  start({"WATCHDOG_USEC=40000"});
  for (int i = 0; i < 5; ++i) manager.until("WATCHDOG=1");
  only->pause();
  manager.drop_all();
  wait_for_20_notifications();
  CHECK(manager.take().empty());
  only->resume();
  for (int i = 0; i < 5; ++i) manager.until("WATCHDOG=1");
}

TEST_CASE_FIXTURE(ManagedSale, "a watchdog for another process is not notified") {
  start({"WATCHDOG_USEC=40000", "WATCHDOG_PID=1"});
  manager.until("READY=1");
  wait_for_20_notifications();
  for (std::string report = manager.take(); !report.empty(); report = manager.take()) {
    CHECK(report.starts_with("STATUS="));
  }
  CHECK_FALSE(says(*only, "watchdog"));
}

TEST_CASE_FIXTURE(ManagedSale, "invalid variables are named once and otherwise ignored") {
  const std::string cannot = "cannot report to the service manager at NOTIFY_SOCKET ";
  const std::string neither = "is neither a path nor an abstract name", none = "no watchdog: ";
  const auto socket = [](const std::string& address) { return "NOTIFY_SOCKET=" + address; };
  const std::size_t longest = sizeof(sockaddr_un::sun_path) - 1;
  const std::vector<std::pair<Words, std::string>> odd = {
      {{socket("")}, ""},
      {{socket("/")}, neither},
      {{socket("@")}, neither},
      {{socket("notify")}, neither},
      {{socket("vsock:2:1234")}, neither},
      {{socket("/" + std::string(longest, 'x'))}, neither},
      {{socket("/" + std::string(longest - 1, 'x'))}, cannot},
      {{socket("/no/such/file")}, cannot + "\"/no/such/file\": No such file or directory"},
      {{socket("/etc/passwd")}, cannot + "\"/etc/passwd\": Connection refused"},
      {{socket("@orderd-nobody-" + std::to_string(getpid()))}, cannot + "\"@orderd-nobody-"},
      {{"WATCHDOG_USEC="}, none + "WATCHDOG_USEC \"\" is not"},
      {{"WATCHDOG_USEC=0"}, none + "WATCHDOG_USEC \"0\" is not"},
      {{"WATCHDOG_USEC=-1"}, none + "WATCHDOG_USEC \"-1\" is not"},
      {{"WATCHDOG_USEC=1s"}, none + "WATCHDOG_USEC \"1s\" is not"},
      {{"WATCHDOG_USEC=18446744073709551616"}, none + "WATCHDOG_USEC \"18446744073709551616\" is not"},
      {{"WATCHDOG_USEC=1000000", "WATCHDOG_PID=me"}, none + "WATCHDOG_PID \"me\" is not"},
      {{"WATCHDOG_USEC=18446744073709551615"}, ""},
      {{"WATCHDOG_USEC=1"}, ""},
      {{"WATCHDOG_PID=1"}, ""},
  };
  int orders = 0;
  for (const auto& [variables, line] : odd) {
    CAPTURE(variables.front());
    const bool reports = !variables.front().starts_with("NOTIFY_SOCKET=");
    manager.drop_all();
    start(reports ? variables : joined({"WATCHDOG_USEC=20000"}, variables));
    if (reports) CHECK(manager.change() == "READY=1");
    push_order(client(), "o-" + std::to_string(++orders));
    settle();
    if (!line.empty()) wait_to_say(*only, line);
    const std::string log = stop();
    CHECK(count_of(log, "NOTIFY_SOCKET") + count_of(log, none) == (line.empty() ? 0 : 1));
  }
}

TEST_CASE_FIXTURE(ManagedSale, "a manager that does not read delays no order and gets the start later") {
  manager.fill();
  start({"WATCHDOG_USEC=40000"});
  push_order(client(), "o-1");
  settle();
  wait_for_20_notifications();  // until the first attempt to report the start failed
  manager.drop_all();
  manager.until("READY=1");
  manager.until("STATUS='orders': serving");
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
