// The embedded server after a power cut: a torn decision at the end of its file is cut off and processing resumes;
// damage anywhere else is refused.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>

#include "integration/torn_file.h"
#include "support/daemon.h"
#include "support/temporary_directory.h"
#include "support/text.h"
#include "support/wait_for.h"

using namespace orderd;
using namespace orderd::test;
using namespace std::chrono_literals;

namespace {

class Shop {
 public:
  void start(const std::vector<std::string>& environment = {}) {
    const ProcessOptions options = {
        .environment =
            joined({"ORDERD_VALKEY_URL=embedded:" + directory(), "ORDERD_PROCESSING_NAME=only"}, environment)};
    daemon_ = std::make_unique<Process>(std::vector<std::string>{ORDERD_PATH}, options);
  }
  // Started, and the server replies.
  void open() {
    start();
    wait_for([this] { return try_connect(); }, 30s, "the embedded server to answer");
  }
  void order(const std::string& id, std::size_t results) {
    (void)push_order(*client_, id);
    wait_for_length(*client_, "results", results);
  }
  // Kills the server and orderd like a power cut.
  void cut_power() {
    const std::string info = ask(*client_, {"INFO", "server"});
    const std::string name = "\r\nprocess_id:";
    const auto server = static_cast<pid_t>(std::stoi(info.substr(info.find(name) + name.size())));
    client_.reset();
    daemon_->pause();  // or it would restart the server
    CHECK(::kill(server, SIGKILL) == 0);
    kill(*daemon_);
    const int lock = ::open((directory() + "/orderd.lock").c_str(), O_RDWR);
    REQUIRE(lock >= 0);
    wait_for([&] { return flock(lock, LOCK_EX | LOCK_NB) == 0; }, 10s, "the server to be gone");
    ::close(lock);
  }
  // A shop with three decided orders, and its file up to the end of the third.
  std::string sell_three() {
    open();
    set(*client_, "product:shoe:stock", std::to_string(kStock));
    for (std::size_t i = 1; i <= 3; ++i) order("o-" + std::to_string(i), i);
    cut_power();
    const std::string bytes = bytes_of(aof_path(directory()));
    return bytes.substr(0, last_decision(bytes).end);
  }

  [[nodiscard]] std::string directory() const { return files_.file("data"); }
  [[nodiscard]] std::string file() const { return aof_path(directory()); }
  [[nodiscard]] valkey::SyncClient& client() { return *client_; }
  [[nodiscard]] Process& daemon() { return *daemon_; }

 private:
  bool try_connect() {
    valkey::Endpoint endpoint;
    endpoint.kind = valkey::Endpoint::Kind::kUnix;
    endpoint.path = valkey::embedded_socket(directory());
    auto client = valkey::SyncClient::connect(endpoint, {});
    if (!client) return false;
    const auto reply = client->call(valkey::Command::of("PING"));
    if (!reply || (*reply)->is_error()) return false;
    client_ = std::make_unique<valkey::SyncClient>(std::move(*client));
    return true;
  }

  TemporaryDirectory files_;
  std::unique_ptr<Process> daemon_;
  std::unique_ptr<valkey::SyncClient> client_;
};

}  // namespace

TEST_CASE("the embedded server drops a torn decision completely and survives two power cuts") {
  Shop shop;
  const std::string bytes = shop.sell_three();
  const Span last = last_decision(bytes);
  const std::size_t size = last.end - last.begin;
  for (const std::size_t kept : {std::size_t{1}, std::size_t{15}, size / 3, size * 2 / 3, size - 14, size - 3}) {
    for (const std::size_t zeros : {0U, 512U}) {
      INFO("kept ", kept, " of ", size, " bytes, then ", zeros, " zeros");
      write_bytes(shop.file(), bytes.substr(0, last.begin + kept) + std::string(zeros, '\0'));
      shop.open();
      CHECK(says(shop.daemon(), shop.file() + " ended in the middle of a transaction"));
      CHECK(says(shop.daemon(), "its last " + std::to_string(kept + zeros) + " bytes were cut off"));
      shop.order("o-4", 4);  // and o-3, whose decision was lost
      check_agreement(shop.client(), 4);
      shop.cut_power();

      const std::string second = bytes_of(shop.file());
      const Span torn = last_decision(second);
      write_bytes(shop.file(), second.substr(0, torn.end - kept % (torn.end - torn.begin)));
      shop.open();
      shop.order("o-5", 5);
      check_agreement(shop.client(), 5);
      shop.cut_power();

      shop.open();
      CHECK_FALSE(says(shop.daemon(), "cut off"));
      check_agreement(shop.client(), 5);
      shop.cut_power();
    }
  }
}

TEST_CASE("the embedded server refuses damage in the middle of its file and changes nothing") {
  Shop shop;
  const std::string bytes = shop.sell_three();
  const std::size_t first = bytes.find("DECRBY");
  // A length, a number of arguments, and a command's first byte; then a file that also ends with a torn decision.
  const std::size_t length_at = bytes.rfind('$', first) + 1;
  const std::size_t command_at = bytes.rfind('*', first);
  for (const std::size_t at : {length_at, command_at + 1, command_at}) {
    for (const std::size_t less : {0U, 30U}) {
      INFO("byte ", at, ", ", less, " bytes less");
      std::string damaged = bytes.substr(0, bytes.size() - less);
      damaged[at] = static_cast<char>(damaged[at] ^ 1);
      write_bytes(shop.file(), damaged);
      shop.start();
      CHECK(shop.daemon().wait() == 1);
      CHECK(says(shop.daemon(), shop.file() + " is damaged at byte "));
      CHECK(says(shop.daemon(), "restore a backup"));
      CHECK(says(shop.daemon(), "docs/operations.md"));
      CHECK(bytes_of(shop.file()) == damaged);
    }
  }
  // It serves after the repair.
  write_bytes(shop.file(), bytes);
  shop.open();
  check_agreement(shop.client(), 3);
}

TEST_CASE("the embedded server refuses a damaged base file and names it") {
  Shop shop;
  (void)shop.sell_three();
  const std::string base = shop.directory() + "/appendonlydir/appendonly.aof.1.base.rdb";
  std::string damaged = bytes_of(base);
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 1);
  write_bytes(base, damaged);
  shop.start();
  CHECK(shop.daemon().wait() == 1);
  CHECK(says(shop.daemon(), "valkey-check-rdb says"));
  CHECK(says(shop.daemon(), "restore a backup"));
  CHECK(bytes_of(base) == damaged);
}

TEST_CASE("without valkey-check-aof a torn file is left alone and the log says what to install") {
  Shop shop;
  const std::string bytes = shop.sell_three();
  const std::string torn = bytes.substr(0, bytes.size() - 20);
  write_bytes(shop.file(), torn);
  // A PATH with only valkey-server.
  const TemporaryDirectory programs;
  std::string path = std::getenv("PATH");
  for (std::size_t end = 0; !path.empty() && end != std::string::npos; path.erase(0, end + 1)) {
    end = path.find(':');
    const std::string program = path.substr(0, end) + "/valkey-server";
    if (access(program.c_str(), X_OK) != 0) continue;
    std::filesystem::create_symlink(program, programs.file("valkey-server"));
    break;
  }
  shop.start({"PATH=" + programs.path()});
  wait_to_say(shop.daemon(), "cannot run valkey-check-aof");
  CHECK(says(shop.daemon(), "valkey-tools"));
  CHECK(bytes_of(shop.file()) == torn);
  shop.daemon().signal(SIGTERM);
  CHECK(shop.daemon().wait() == 0);
}
