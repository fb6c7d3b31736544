// The Debian package that cpack builds: its contents, how dpkg installs and removes it, and that it serves orders from
// where it was unpacked. Nothing is installed on this machine.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <sstream>

#include "support/daemon.h"
#include "support/text.h"
#include "support/valkey_server.h"

namespace orderd::test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

std::string package() {
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator(ORDERD_PACKAGES)) {
    const std::string name = entry.path().filename();
    if (name.starts_with("orderd_" ORDERD_VERSION "-") && name.ends_with(".deb")) found.push_back(entry.path());
  }
  REQUIRE_MESSAGE(found.size() == 1, "there must be one package in " ORDERD_PACKAGES);
  return found.front();
}

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The standard output of a program that must succeed.
std::string run(const std::vector<std::string>& words, const std::vector<std::string>& environment = {}) {
  Process process(words, {.environment = environment});
  const int status = process.wait(120s);
  REQUIRE_MESSAGE(status == 0, words.front(), " ended with ", status, ":\n", process.output(), process.errors());
  return process.output();
}

std::string field(const std::string& name) {
  std::string value = run({"dpkg-deb", "--field", package(), name});
  while (value.ends_with('\n')) value.pop_back();
  return value;
}

// A directory into which dpkg installs as if it were the root directory.
class Machine {
 public:
  Machine() {
    for (const char* directory : {"info", "updates", "triggers"}) {
      fs::create_directories(root_.file("var/lib/dpkg/" + std::string(directory)));
    }
    for (const char* file : {"status", "available"}) std::ofstream(root_.file("var/lib/dpkg/" + std::string(file)));
  }

  std::string dpkg(const std::vector<std::string>& words) const {
    const std::vector<std::string> dpkg = {"fakeroot", "dpkg", "--root=" + root_.path(), "--log=/dev/null",
                                           "--force-depends,script-chrootless,confold"};
    return run(joined(dpkg, words), {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"});
  }
  [[nodiscard]] std::string file(const std::string& path) const { return root_.file(path); }
  // Everything except directories and dpkg's own files.
  [[nodiscard]] std::set<std::string> files() const {
    std::set<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(root_.path())) {
      const std::string name = entry.path().lexically_relative(root_.path());
      if (!fs::is_directory(entry.symlink_status()) && !name.starts_with("var/lib/dpkg/")) found.insert(name);
    }
    return found;
  }

 private:
  TemporaryDirectory root_;
};

}  // namespace

TEST_CASE("the package declares its dependencies and its changelog has its version") {
  CHECK(field("Package") == "orderd");
  const std::string depends = field("Depends");
  for (const char* library : {"libc6 (>= ", "libstdc++6 (>= ", "libuv1", "libsimdjson"}) {
    CHECK_MESSAGE(contains(depends, library), depends);
  }
  CHECK_MESSAGE(!contains(depends, "libhiredis0.14"), depends);
  const std::string written = contents(ORDERD_SOURCE_DIR "/config/debian/changelog");
  CHECK_MESSAGE(written.starts_with("orderd (" ORDERD_VERSION "-"),
                "config/debian/changelog has no entry for this version");
  const TemporaryDirectory root;
  run({"dpkg-deb", "--extract", package(), root.path()});
  const std::string changelog = run({"zcat", root.file("usr/share/doc/orderd/changelog.Debian.gz")});
  CHECK_MESSAGE(changelog.starts_with("orderd (" + field("Version") + ") "), changelog);
}

TEST_CASE("the package has its files in Debian's standard places with owner root and standard modes") {
  const std::string list = run({"dpkg-deb", "--contents", package()}, {"TZ=UTC"});
  std::istringstream lines(list);
  std::set<std::string> names;
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    std::istringstream words(line);
    std::string mode, owner, size, day, time, name;
    words >> mode >> owner >> size >> day >> time >> name;
    CHECK(owner == "root/root");
    const bool program = name.starts_with("./usr/bin/") && !name.ends_with("/");
    CHECK(mode == (mode[0] == 'd' ? "drwxr-xr-x" : program ? "-rwxr-xr-x" : "-rw-r--r--"));
    names.insert(name);
  }
  for (const char* name :
       {"./usr/bin/orderd", "./usr/bin/orderctl", "./usr/bin/order-replay", "./etc/orderd/orderd.toml",
        "./usr/lib/systemd/system/orderd.service", "./usr/share/doc/orderd/copyright",
        "./usr/share/doc/orderd/changelog.Debian.gz", "./usr/share/doc/orderd/README.md",
        "./usr/share/man/man8/orderd.8.gz", "./usr/share/doc/orderd/config/users.acl"}) {
    CHECK_MESSAGE(names.contains(name), name);
  }
  CHECK_FALSE(names.contains("./usr/share/doc/orderd/LICENSE"));
}

TEST_CASE("lintian accepts the package") {
  const std::string said = run({"lintian", "--allow-root", "--fail-on", "error,warning", package()});
  CHECK(said == "");
}

TEST_CASE("dpkg installs and upgrades and removes and purges the package and keeps what is not its own") {
  const Machine machine;
  const std::string settings = machine.file("etc/orderd/orderd.toml");
  const std::string data = machine.file("var/lib/private/orderd/valkey");
  machine.dpkg({"--install", package()});
  CHECK(contents(settings) == contents(ORDERD_SOURCE_DIR "/config/orderd.toml"));
  CHECK(contains(machine.dpkg({"--status", "orderd"}), "Conffiles:\n /etc/orderd/orderd.toml "));
  // Neither enabled nor started.
  CHECK_FALSE(fs::exists(machine.file("etc/systemd/system")));

  std::ofstream(settings, std::ios::app) << "# mine\n";
  const std::string mine = contents(settings);
  machine.dpkg({"--install", package()});
  CHECK(contents(settings) == mine);

  fs::create_directories(data);
  fs::create_directory_symlink("private/orderd", machine.file("var/lib/orderd"));
  machine.dpkg({"--remove", "orderd"});
  CHECK(contents(settings) == mine);
  CHECK_FALSE(fs::exists(machine.file("usr/bin/orderd")));
  machine.dpkg({"--purge", "orderd"});
  CHECK(fs::exists(data));
  CHECK(machine.files() == std::set<std::string>{"var/lib/orderd"});

  fs::remove(data);
  machine.dpkg({"--install", package()});
  machine.dpkg({"--purge", "orderd"});
  CHECK(machine.files().empty());
  CHECK_FALSE(fs::exists(machine.file("var/lib/private/orderd")));
}

TEST_CASE("the programs of the package serve an order") {
  const TemporaryDirectory root;
  run({"dpkg-deb", "--extract", package(), root.path()});
  ValkeyServer server;
  const std::vector<std::string> environment = {"ORDERD_VALKEY_URL=unix://" + server.endpoint().path};
  const std::string settings = root.file("etc/orderd/orderd.toml");
  const auto orderctl = [&](const std::vector<std::string>& words) {
    return run(joined({root.file("usr/bin/orderctl"), "--config", settings}, words), environment);
  };
  Process daemon({root.file("usr/bin/orderd"), "--config", settings}, {.environment = environment});
  orderctl({"stock", "set", "shoe", "10"});
  CHECK(contains(orderctl({"submit", "--id", "o-1", "--sku", "shoe", "--quantity", "3", "--wait", "--json"}),
                 "\"status\":\"accepted\""));
  CHECK(contains(orderctl({"stock", "get", "shoe", "--json"}), "\"stock\":7"));
  CHECK(contains(orderctl({"results", "--json"}), "\"order\":\"o-1\""));
  orderctl({"audit"});
  end(daemon);
}

}  // namespace orderd::test
