// The embedded server after a power cut: a torn decision at the end of its file is cut off and processing resumes;
// damage anywhere else is refused.
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include "integration/sale.h"
#include "integration/torn_file.h"

namespace orderd::test {
namespace {

using namespace std::chrono_literals;

class EmbeddedShop {
 public:
  void start(const Words& environment = {}) {
    daemon =
        start_orderd(joined({"ORDERD_VALKEY_URL=embedded:" + directory, "ORDERD_PROCESSING_NAME=only"}, environment));
  }
  // Started, and the server replies.
  void open() {
    start();
    valkey::Endpoint endpoint;
    endpoint.kind = valkey::Endpoint::Kind::kUnix;
    endpoint.path = valkey::embedded_socket(directory);
    const auto answers = [&] {
      auto connection = valkey::SyncClient::connect(endpoint, {});
      if (!connection) return false;
      client = std::make_unique<valkey::SyncClient>(std::move(*connection));
      const auto reply = client->call(valkey::Command::of("PING"));
      return reply && !(*reply)->is_error();
    };
    wait_for(answers, 30s, "the embedded server to answer");
  }
  // Flips a bit. orderd has to refuse the file for these reasons, and not to change it.
  void check_damage_is_refused(const std::string& path, std::string bytes, std::size_t at, const Words& reasons) {
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    write_file(path, bytes);
    start();
    CHECK(daemon->wait() == 1);
    for (const std::string& reason : reasons) CHECK_MESSAGE(says(*daemon, reason), daemon->errors());
    CHECK(content_of(path) == bytes);
  }
  void order(const std::string& id, std::size_t results) {
    push_order(*client, id);
    wait_for_length(*client, "results", results);
  }
  // Kills the server and orderd like a power cut.
  void cut_power() {
    const auto server = static_cast<pid_t>(info_number(*client, "server", "process_id:"));
    client.reset();
    daemon->pause();  // or it would restart the server
    CHECK(::kill(server, SIGKILL) == 0);
    kill(*daemon);
    const int lock = ::open((directory + "/orderd.lock").c_str(), O_RDWR);
    REQUIRE(lock >= 0);
    wait_for([&] { return flock(lock, LOCK_EX | LOCK_NB) == 0; }, 10s, "the server to be gone");
    ::close(lock);
  }
  // Decides three orders and cuts the power. Returns the file up to the end of the third.
  std::string sell_three() {
    open();
    set(*client, "product:shoe:stock", std::to_string(kStock));
    for (std::size_t i = 1; i <= 3; ++i) order("o-" + std::to_string(i), i);
    cut_power();
    const std::string bytes = content_of(file);
    return bytes.substr(0, last_decision(bytes).end);
  }

  TemporaryDirectory files;
  const std::string directory = files.file("data"), file = aof_path(directory);
  std::unique_ptr<Process> daemon;
  std::unique_ptr<valkey::SyncClient> client;
};

}  // namespace

TEST_CASE_FIXTURE(EmbeddedShop, "the embedded server drops a torn decision completely and survives two power cuts") {
  const std::string bytes = sell_three();
  const Span last = last_decision(bytes);
  const std::size_t size = last.size();
  // tests/unit/aof_tail_test.cpp tries every byte.
  for (const std::size_t kept : {std::size_t{1}, size / 2, size - 3}) {
    for (const std::size_t zeros : {0U, 512U}) {
      INFO("kept ", kept, " of ", size, " bytes, then ", zeros, " zeros");
      write_file(file, bytes.substr(0, last.begin + kept) + std::string(zeros, '\0'));
      open();
      CHECK(says(*daemon, file + " ended in the middle of a transaction"));
      CHECK(says(*daemon, "its last " + std::to_string(kept + zeros) + " bytes were cut off"));
      order("o-4", 4);  // and o-3, whose decision was lost
      check_agreement(*client, 4);
      cut_power();

      const std::string second = content_of(file);
      const Span torn = last_decision(second);
      write_file(file, second.substr(0, torn.end - kept % torn.size()));
      open();
      order("o-5", 5);
      check_agreement(*client, 5);
      cut_power();

      open();
      CHECK_FALSE(says(*daemon, "cut off"));
      check_agreement(*client, 5);
      cut_power();
    }
  }
}

TEST_CASE_FIXTURE(EmbeddedShop, "the embedded server refuses damage in the middle of its file and changes nothing") {
  const std::string bytes = sell_three();
  const std::size_t first = bytes.find("DECRBY");
  // A length, a number of arguments, and a command's first byte; then a file that also ends with a torn decision.
  const std::size_t length_at = bytes.rfind('$', first) + 1;
  const std::size_t command_at = bytes.rfind('*', first);
  for (const std::size_t at : {length_at, command_at + 1, command_at}) {
    for (const std::size_t less : {0U, 30U}) {
      INFO("byte ", at, ", ", less, " bytes less");
      check_damage_is_refused(file, bytes.substr(0, bytes.size() - less), at,
                              {file + " is damaged at byte ", "restore a backup", "docs/operations.md"});
    }
  }
  // It serves after the repair.
  write_file(file, bytes);
  open();
  check_agreement(*client, 3);
}

TEST_CASE_FIXTURE(EmbeddedShop, "the embedded server refuses a damaged base file and names it") {
  (void)sell_three();
  const std::string base = directory + "/appendonlydir/appendonly.aof.1.base.rdb";
  const std::string bytes = content_of(base);
  check_damage_is_refused(base, bytes, bytes.size() / 2, {"valkey-check-rdb says", "restore a backup"});
}

TEST_CASE_FIXTURE(EmbeddedShop, "without valkey-check-aof a torn file is left alone and the log says what to install") {
  const std::string bytes = sell_three();
  const std::string torn = bytes.substr(0, bytes.size() - 20);
  write_file(file, torn);
  // A PATH with only valkey-server.
  const TemporaryDirectory programs;
  REQUIRE(Process({"sh", "-c", "ln -s \"$(command -v valkey-server)\" \"$0\"", programs.path()}).wait() == 0);
  start({"PATH=" + programs.path()});
  wait_to_say(*daemon, "cannot run valkey-check-aof");
  CHECK(says(*daemon, "valkey-tools"));
  CHECK(content_of(file) == torn);
  daemon->signal(SIGTERM);
  CHECK(daemon->wait() == 0);
}

}  // namespace orderd::test
