#include "settings/load.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit/settings_sources.h"

namespace orderd::settings {
namespace {

TEST_CASE("no error repeats a password, also of an unknown name, and none is allowed on the command line") {
  for (const std::string url : {"valkey://u:hunter2@h:0", "valkey://u:hunter2", "http://u:hunter2@h"}) {
    for (const auto& error : {error_of(load_flag("valkey.url", url)), error_of(load_variable("ORDERD_VALKEY_URL", url)),
                              error_of(load_text("valkey.url = \"" + url + "\""))}) {
      CHECK(contains(error, "***"));
      CHECK(!contains(error, "hunter2"));
    }
  }
  for (const auto& error : {error_of(load_text("[valkey]\npassword = \"hunter2\"")),
                            error_of(load_variable("ORDERD_VALKEY_PASSWORD", "hunter2")),
                            error_of(load_flag("valkey.password", "hunter2"))}) {
    CHECK(contains(error, "did you mean "));
    CHECK(!contains(error, "hunter2"));
  }
  CHECK(error_of(load_variable("ORDERD_VALKEY_URL", "valkey://u:pw@h:0"))
            .starts_with("ORDERD_VALKEY_URL: valkey.url: \"valkey://***@h:0\": the port is "));
  CHECK(error_of(load_flag("valkey.url", "valkey://u:hunter2@h")) ==
        "--valkey.url: \"valkey://***@h\": a password is not allowed on the command line; use "
        "valkey.password_file or the variable ORDERD_VALKEY_URL");
  CHECK(load_variable("ORDERD_VALKEY_URL", "valkey://u:pw@h")->endpoint()->password == "pw");
  CHECK(load_text("valkey.url = \"valkey://:pw@h\"")->endpoint()->password == "pw");
}

TEST_CASE("the endpoint has the user and the password of their settings") {
  const TemporaryDirectory directory;
  const std::string path = write_file(directory, "password", "first line\nsecond\n");
  auto loaded =
      load_flags({{"valkey.url", "valkey://h:7/2"}, {"valkey.username", "anna"}, {"valkey.password_file", path}});
  REQUIRE(loaded.ok());
  auto endpoint = loaded->endpoint();
  REQUIRE(endpoint.ok());
  CHECK(endpoint->host == "h");
  CHECK(endpoint->username == "anna");
  CHECK(endpoint->password == "first line");
  write_file(directory, "password", "changed\r\n");
  CHECK(loaded->endpoint()->password == "changed");
  REQUIRE(::unlink(path.c_str()) == 0);
  CHECK(loaded->endpoint().error() ==
        "valkey.password_file: \"" + path + "\": it cannot be read: No such file or directory");
}

TEST_CASE("a password file is a private file with the password in its first line") {
  const TemporaryDirectory directory;
  REQUIRE(::mkfifo(directory.file("pipe").c_str(), 0600) == 0);
  const std::pair<std::string, std::string> rows[] = {
      {write_file(directory, "world", "pw", 0644), "it is world-readable; run chmod 600 on it"},
      {write_file(directory, "empty", ""), "its first line is empty; put the password there"},
      {write_file(directory, "blank", "\npw"), "its first line is empty; put the password there"},
      {write_file(directory, "long", std::string(1025, 'p') + "\n"), "its first line is longer than 1024 bytes"},
      {write_file(directory, "huge", std::string(100'000, 'p')), "its first line is longer than 1024 bytes"},
      {directory.path(), "it is not a regular file"},
      {directory.file("pipe"), "it is not a regular file"},
      {directory.file("none"), "it cannot be read: No such file or directory"}};
  for (const auto& [path, why] : rows) {
    CHECK(error_of(load_flag("valkey.password_file", path)) == "--valkey.password_file: \"" + path + "\": " + why);
  }
  for (const std::string& path : {std::string(), write_file(directory, "good", "pw", 0640),
                                  write_file(directory, "most", std::string(1024, 'p') + "\r\n")}) {
    CHECK(error_of(load_flag("valkey.password_file", path)) == "");
  }
}

TEST_CASE("an overridden password file is not read") {
  const TemporaryDirectory directory;
  Sources sources;
  sources.file = write_file(directory, "orderd.toml", "valkey.password_file = \"" + directory.file("none") + "\"\n");
  CHECK(contains(error_of(load(sources)), "it cannot be read: No such file or directory"));
  sources.environment = {{"ORDERD_VALKEY_PASSWORD_FILE", write_file(directory, "password", "pw")}};
  const auto loaded = load(sources);
  REQUIRE(loaded.ok());
  CHECK(loaded->endpoint()->password == "pw");
}

TEST_CASE("a user or a password can be given only once") {
  const TemporaryDirectory directory;
  const std::string file = write_file(directory, "password", "pw");
  const auto with_url = [&](const std::string& url, const std::string& key, const std::string& value) {
    return load({.file = "", .flags = {{key, value}}, .environment = {{"ORDERD_VALKEY_URL", url}}});
  };
  CHECK(error_of(with_url("valkey://bob:x@h", "valkey.username", "anna")) ==
        "--valkey.username: \"anna\": valkey.url contains a user, too; allowed: one of the two");
  CHECK(error_of(with_url("valkey://bob:x@h", "valkey.password_file", file)) ==
        "--valkey.password_file: \"" + file + "\": valkey.url contains a password, too; allowed: one of the two");
  CHECK(with_url("valkey://:x@h", "valkey.username", "anna")->endpoint()->username == "anna");
  CHECK(error_of(with_url("embedded:data", "valkey.username", "anna")) ==
        "--valkey.username: \"anna\": the server of embedded:DIR has no users or passwords; remove it");
  CHECK(with_url("embedded:data", "valkey.username", "").ok());
  CHECK(with_url("unix:///p", "valkey.username", "anna")->endpoint()->username == "anna");
}

}  // namespace
}  // namespace orderd::settings
