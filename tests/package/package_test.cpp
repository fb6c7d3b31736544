// The Debian package that cpack builds: its contents, how dpkg installs and removes it, and that it serves orders from
// where it was unpacked. Nothing is installed on this machine.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
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

// Ends with a line break.
std::string field(const std::string& name) {
  return run({"dpkg-deb", "--field", package(), name});
}

// The package's files.
struct Unpacked : TemporaryDirectory {
  Unpacked() { run({"dpkg-deb", "--extract", package(), path()}); }
};

// A directory into which dpkg installs as if it were the root directory.
struct Machine : TemporaryDirectory {
  Machine() {
    for (const std::string directory : {"info", "updates", "triggers"}) {
      fs::create_directories(file("var/lib/dpkg/" + directory));
    }
    for (const std::string name : {"status", "available"}) std::ofstream(file("var/lib/dpkg/" + name));
  }

  [[nodiscard]] bool has(const std::string& name) const { return fs::exists(file(name)); }
  std::string dpkg(const std::vector<std::string>& words) const {
    const std::vector<std::string> dpkg = {"fakeroot", "dpkg", "--root=" + path(), "--log=/dev/null",
                                           "--force-depends,script-chrootless,confold"};
    return run(joined(dpkg, words), {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"});
  }
  // Everything except directories and dpkg's own files.
  [[nodiscard]] std::set<std::string> files() const {
    std::set<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(path())) {
      const std::string name = entry.path().lexically_relative(path());
      if (!fs::is_directory(entry.symlink_status()) && !name.starts_with("var/lib/dpkg/")) found.insert(name);
    }
    return found;
  }
};

}  // namespace

TEST_CASE_FIXTURE(Unpacked, "the package declares its dependencies and its changelog has its version") {
  CHECK(field("Package") == "orderd\n");
  const std::string depends = field("Depends"), version = field("Version");
  for (const char* library : {"libc6 (>= ", "libstdc++6 (>= ", "libuv1", "libsimdjson"}) {
    CHECK_MESSAGE(contains(depends, library), depends);
  }
  CHECK_MESSAGE(!contains(depends, "libhiredis0.14"), depends);
  CHECK_MESSAGE(contents(ORDERD_SOURCE_DIR "/config/debian/changelog").starts_with("orderd (" ORDERD_VERSION "-"),
                "config/debian/changelog has no entry for this version");
  const std::string changelog = run({"zcat", file("usr/share/doc/orderd/changelog.Debian.gz")});
  CHECK_MESSAGE(changelog.starts_with("orderd (" + version.substr(0, version.find('\n')) + ") "), changelog);
}

TEST_CASE("the package has its files in Debian's standard places with owner root and standard modes") {
  std::istringstream lines(run({"dpkg-deb", "--contents", package()}));
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

TEST_CASE_FIXTURE(TemporaryDirectory, "cmake --install makes what every user may read, whatever the umask") {
  run({"sh", "-c", R"(umask 077; DESTDIR="$0" cmake --install "$1" --prefix /usr)", path(), ORDERD_BUILD});
  CHECK(run({"find", path(), "-mindepth", "1", "!", "-perm", "-u=rwX,go=rX"}) == "");
  CHECK(fs::exists(file("etc/orderd/orderd.toml")));
}

TEST_CASE("lintian accepts the package") {
  CHECK(run({"lintian", "--allow-root", "--fail-on", "error,warning", package()}) == "");
}

TEST_CASE_FIXTURE(Machine,
                  "dpkg installs and upgrades and removes and purges the package and keeps what is not its own") {
  const std::string settings = file("etc/orderd/orderd.toml");
  const std::string data = file("var/lib/private/orderd/valkey");
  dpkg({"--install", package()});
  CHECK(contents(settings) == contents(ORDERD_SOURCE_DIR "/config/orderd.toml"));
  CHECK(contains(dpkg({"--status", "orderd"}), "Conffiles:\n /etc/orderd/orderd.toml "));
  CHECK_FALSE(has("etc/systemd/system"));  // neither enabled nor started

  std::ofstream(settings, std::ios::app) << "# mine\n";
  const std::string mine = contents(settings);
  dpkg({"--install", package()});
  CHECK(contents(settings) == mine);

  fs::create_directories(data);
  fs::create_directory_symlink("private/orderd", file("var/lib/orderd"));
  dpkg({"--remove", "orderd"});
  CHECK(contents(settings) == mine);
  CHECK_FALSE(has("usr/bin/orderd"));
  dpkg({"--purge", "orderd"});
  CHECK(fs::exists(data));
  CHECK(files() == std::set<std::string>{"var/lib/orderd"});

  fs::remove(data);
  dpkg({"--install", package()});
  dpkg({"--purge", "orderd"});
  CHECK(files().empty());
  CHECK_FALSE(has("var/lib/private/orderd"));
}

TEST_CASE_FIXTURE(Unpacked, "the programs of the package serve an order") {
  ValkeyServer server;
  const std::vector<std::string> environment = {"ORDERD_VALKEY_URL=unix://" + server.endpoint().path};
  const std::string settings = file("etc/orderd/orderd.toml");
  const auto orderctl = [&](const std::vector<std::string>& words) {
    return run(joined({file("usr/bin/orderctl"), "--config", settings}, words), environment);
  };
  Process daemon({file("usr/bin/orderd"), "--config", settings}, {.environment = environment});
  orderctl({"stock", "set", "shoe", "10"});
  CHECK(contains(orderctl({"submit", "--id", "o-1", "--sku", "shoe", "--quantity", "3", "--wait", "--json"}),
                 "\"status\":\"accepted\""));
  CHECK(contains(orderctl({"stock", "get", "shoe", "--json"}), "\"stock\":7"));
  CHECK(contains(orderctl({"results", "--json"}), "\"order\":\"o-1\""));
  orderctl({"audit"});
  end(daemon);
}

}  // namespace orderd::test
