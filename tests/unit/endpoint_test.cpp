#include "valkey/endpoint.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "support/text.h"

namespace orderd::valkey {
namespace {

using test::contains;

// All that a URL names, as "tcp user:password@host:port/database", or what is wrong with it.
std::string read(std::string_view url) {
  const auto parsed = parse_url(url);
  if (!parsed) return parsed.error();
  const bool tcp = parsed->kind == Endpoint::Kind::kTcp;
  const std::string kind = tcp ? "tcp" : parsed->kind == Endpoint::Kind::kUnix ? "unix" : "embedded";
  const std::string where = tcp ? parsed->host + ":" + std::to_string(parsed->port) : parsed->path;
  return kind + (parsed->tls ? "+tls " : " ") + parsed->username + ":" + parsed->password + "@" + where + "/" +
         std::to_string(parsed->database);
}

using Rows = std::vector<std::pair<std::string, std::string>>;

// `rows`: URLs, and what read() makes of them.
void check_rows(const Rows& rows) {
  for (const auto& [url, expected] : rows) CHECK(read(url) == expected);
}

TEST_CASE("every part of a URL is read") {
  check_rows({{"valkey://shop.example", "tcp :@shop.example:6379/0"},
              {"valkey://anna:pass@10.0.0.7:7000/12", "tcp anna:pass@10.0.0.7:7000/12"},
              {"valkeys://h:65535", "tcp+tls :@h:65535/0"},
              {"redis://h:1", "tcp :@h:1/0"},
              {"rediss://h", "tcp+tls :@h:6379/0"},
              // A password without a user is for the default user.
              {"redis://:secret@h/", "tcp :secret@h:6379/0"},
              {"valkey://u:a:b@h", "tcp u:a:b@h:6379/0"},
              {"valkey://a%40b:p%2Fw%3a%25%00@h", std::string("tcp a@b:p/w:%\0@h:6379/0", 23)},
              {"valkey://a-b_c.d9:1", "tcp :@a-b_c.d9:1/0"},
              {"valkey://h/65535", "tcp :@h:6379/65535"},
              {"valkey://[::1]", "tcp :@::1:6379/0"},
              {"valkey://[2001:db8::7]:7000/1", "tcp :@2001:db8::7:7000/1"},
              {"valkey://[fe80::1%25eth0]:7000", "tcp :@fe80::1%eth0:7000/0"},
              {"unix:///run/valkey/v.sock?db=3", "unix :@/run/valkey/v.sock/3"},
              {"unix://v.sock", "unix :@v.sock/0"},
              {"unix:///a%20b%3Fc", "unix :@/a b?c/0"},
              {"unix:///a@b", "unix :@/a@b/0"},
              {"embedded:data/valkey%41", "embedded :@data/valkey%41/0"}});
}

TEST_CASE("a URL that is wrong is refused with the reason") {
  check_rows({{"valkey://[::1", "the ] after the IPv6 address is missing"},
              {"valkey://[::1]6379", "only :port is allowed after the ] of an IPv6 address"},
              {"valkey://h/0?x=1", "only /db is allowed after the port"},
              {"valkey://h#0", "only /db is allowed after the port"},
              {"valkey://h1,h2", "it names several servers, which only a cluster has"},
              {"valkey://anna@h",
               "user:password or :password is expected before the @; for a user without a password set "
               "valkey.username"},
              {"valkey://anna:@h", "the password before the @ is empty"},
              {"unix://", "the path after unix:// is missing"},
              {"unix:///p?db=x", "the database is not a whole number between 0 and 65535"},
              {"unix:///p?password=x", "only db=N is allowed after the ?"},
              {"unix:///p%0A", "the path contains a control character"},
              {"embedded:", "the directory after embedded: is missing"},
              {"embedded:a\nb", "the path contains a control character"}});
  const std::vector<std::pair<std::string, std::vector<std::string>>> by_error = {
      {"the host is missing", {"valkey://", "valkey://:6379", "valkey:///0", "valkey://u:p@:6379"}},
      {"the host is not a name or an address (letters, digits, '.', '-', '_')",
       {"valkey://a b", "valkey://h\n", "valkey://h%41", "valkey://h\xc3\xa4", "valkey://" + std::string(254, 'h')}},
      {"the brackets do not contain an IPv6 address",
       {"valkey://[]", "valkey://[127.0.0.1]", "valkey://[::g]", "valkey://[fe80::1%25]", "valkey://[::1%zz]",
        "valkey://[::1%00]", "valkey://[::1%00g]", "valkey://[fe80::1%25eth0%0A]", "valkey://[fe80::1%25a%25b]"}}};
  for (const auto& [error, urls] : by_error) {
    for (const std::string& url : urls) CHECK_MESSAGE(read(url) == error, url);
  }
  CHECK(read("valkey://" + std::string(253, 'h')).starts_with("tcp "));
  for (const std::string port : {"", "0", "65536", "-1", "+1", "6379x", " 1", "0x10", "1.0", "99999999999999999999"}) {
    CHECK_MESSAGE(read("valkey://h:" + port) == "the port is not a whole number between 1 and 65535", port);
  }
  for (const std::string db : {"65536", "-1", "x", "1/", "0 "}) {
    CHECK_MESSAGE(read("valkey://h/" + db) == "the database is not a whole number between 0 and 65535", db);
  }
}

TEST_CASE("an error says how to fix the URL") {
  const Rows rows = {{"valkey://::1:6379", "write an IPv6 address in brackets"},
                     {"valkey://a:%zz@h", "two hexadecimal digits"},
                     {"valkey://a:b%4@h", "two hexadecimal digits"},
                     {"unix://u:p@/run/v.sock", "valkey.password_file"},
                     {"valkey://u:hun/ter2@h", "percent-encoded"},
                     {"valkey://u:hun@ter2@h", "percent-encoded"},
                     {"valkey://u:hun?ter2@h", "percent-encoded"},
                     {"valkey://u:hun#ter2@h", "percent-encoded"}};
  for (const auto& row : rows) CHECK_MESSAGE(contains(read(row.first), row.second), row.first);
  for (const std::string url : {"", "http://h", "localhost:6379", "tcp://h", "VALKEY://h", "valkey:/h", "unix:/p"}) {
    for (const std::string scheme : {"valkey://", "valkeys://", "redis://", "rediss://", "unix://", "embedded:"}) {
      CHECK_MESSAGE(contains(read(url), scheme), url);
    }
  }
}

TEST_CASE("several servers share everything except host and port") {
  const auto servers = parse_urls("valkeys://anna:secret@h1:7000,h2,[::1]:7002/3");
  REQUIRE(servers.ok());
  std::string all;
  for (const Endpoint& each : *servers) {
    all += each.host + " " + std::to_string(each.port) + ", ";
    CHECK(each.username + each.password == "annasecret");
    CHECK(each.tls);
    CHECK(each.database == 3);
  }
  CHECK(all == "h1 7000, h2 6379, ::1 7002, ");
  CHECK(redacted(*servers) == "valkeys://anna:***@h1:7000,h2:6379,[::1]:7002/3");
  CHECK(redacted(*parse_urls("unix:///run/x.sock")) == "unix:///run/x.sock");
  CHECK(redacted(*parse_urls("valkey://h1")) == "valkey://h1:6379");
  for (const std::string bad :
       {"valkey://h1,", "valkey://,h1", "valkey://h1,,h2", "valkey://h1:1,h2:x", "valkey://h1, h2"}) {
    CHECK_FALSE_MESSAGE(parse_urls(bad).ok(), bad);
  }
}

TEST_CASE("a socket's path has at most 107 bytes") {
  CHECK(embedded_socket("data") == "data/valkey.sock");
  CHECK(embedded_socket("/var/lib/orderd/") == "/var/lib/orderd/valkey.sock");
  CHECK(embedded_socket("/") == "/valkey.sock");
  const std::string fits(106, 'p');
  CHECK(read("unix:///" + fits).starts_with("unix "));
  CHECK(read("unix:////" + fits) == "the path of the socket has 108 bytes; at most 107 are allowed");
  const std::string directory(107 - std::string("/valkey.sock").size(), 'd');
  CHECK(read("embedded:" + directory).starts_with("embedded "));
  CHECK(read("embedded:" + directory + "d") ==
        "the path of the socket, DIR/valkey.sock, has 108 bytes; at most 107 are allowed");
}

TEST_CASE("no error and no masked URL repeats a password") {
  for (const std::string url :
       {"valkey://u:hunter2@h:0", "valkey://u:hunter2", "valkey://u:hunter2/1", "valkey://u:hun/hunter2@h",
        "valkey://hunter2@h", "valkey://u:hunter2@", "valkey://u:%zhunter2@h", "valkey://u:a@hunter2@h", "u:hunter2@h",
        "http://u:hunter2@h", "unix://u:hunter2@/p", "unix:///p?password=hunter2", "valkey://h/0?password=hunter2",
        "valkey://h#hunter2", "valkey://[::1]:hunter2", "valkey://u:hunter2?@h", "h:hunter2"}) {
    CAPTURE(url);
    REQUIRE_FALSE(parse_url(url).ok());
    CHECK_FALSE(contains(read(url), "hunter2"));
    CHECK_FALSE(contains(masked(url), "hunter2"));
  }
  for (const std::string url : {"valkey://u:hunter2@h", "redis://:hunter2@h/1"}) {
    CHECK_FALSE(contains(masked(url), "hunter2"));
  }
}

TEST_CASE("a masked URL keeps everything that is not secret") {
  for (const std::string url : {"valkey://h", "valkey://h:99999/70000", "valkey://[::1]:0/1", "embedded:a@b",
                                "unix:///a@b?db=1", "localhost:6379"}) {
    CHECK(masked(url) == url);
  }
  CHECK(masked("valkey://u:p@h:1/2") == "valkey://***@h:1/2");
}

TEST_CASE("a redacted endpoint reads as a URL without its password") {
  for (const auto& [url, expected] : Rows{{"redis://h", "valkey://h:6379"},
                                          {"valkey://a%20b:pw@h:1/2", "valkey://a%20b:***@h:1/2"},
                                          {"rediss://:pw@[fe80::1%25eth0]", "valkeys://:***@[fe80::1%25eth0]:6379"},
                                          {"unix:///a%3Fb/c?db=3", "unix:///a%3Fb/c?db=3"},
                                          {"unix://v.sock", "unix://v.sock"},
                                          {"unix://a%40b/v.sock", "unix://a%40b/v.sock"},
                                          {"embedded:data", "embedded:data"}}) {
    CHECK(parse_url(url)->redacted() == expected);
  }
  Endpoint with_user;
  with_user.username = "anna";
  CHECK(with_user.redacted() == "valkey://anna@127.0.0.1:6379");
}

}  // namespace
}  // namespace orderd::valkey
