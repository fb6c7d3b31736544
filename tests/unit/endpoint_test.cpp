#include "valkey/endpoint.h"

#include <doctest/doctest.h>

#include <string>

namespace orderd::valkey {
namespace {

std::string error_of(std::string_view url) {
  const auto endpoint = parse_url(url);
  return endpoint ? "" : endpoint.error();
}

TEST_CASE("a host alone gets the default port and database 0") {
  const auto endpoint = parse_url("valkey://shop.example");
  REQUIRE(endpoint.ok());
  CHECK(endpoint->kind == Endpoint::Kind::kTcp);
  CHECK(endpoint->host == "shop.example");
  CHECK(endpoint->port == 6379);
  CHECK(endpoint->database == 0);
  CHECK(endpoint->username.empty());
  CHECK(endpoint->password.empty());
  CHECK(!endpoint->tls);
}

TEST_CASE("every part of a URL is read") {
  const auto endpoint = parse_url("valkey://anna:pass@10.0.0.7:7000/12");
  REQUIRE(endpoint.ok());
  CHECK(endpoint->host == "10.0.0.7");
  CHECK(endpoint->port == 7000);
  CHECK(endpoint->database == 12);
  CHECK(endpoint->username == "anna");
  CHECK(endpoint->password == "pass");
}

TEST_CASE("several servers share everything except host and port") {
  const auto servers = parse_urls("valkeys://anna:secret@h1:7000,h2,[::1]:7002/3");
  REQUIRE(servers.ok());
  REQUIRE(servers->size() == 3);
  CHECK((*servers)[0].host == "h1");
  CHECK((*servers)[0].port == 7000);
  CHECK((*servers)[1].host == "h2");
  CHECK((*servers)[1].port == 6379);
  CHECK((*servers)[2].host == "::1");
  CHECK((*servers)[2].port == 7002);
  for (const Endpoint& each : *servers) {
    CHECK(each.username + each.password == "annasecret");
    CHECK(each.tls);
    CHECK(each.database == 3);
  }
  CHECK(redacted(*servers) == "valkeys://anna:***@h1:7000,h2:6379,[::1]:7002/3");
  CHECK(redacted(*parse_urls("unix:///run/x.sock")) == "unix:///run/x.sock");
  CHECK(redacted(*parse_urls("valkey://h1")) == "valkey://h1:6379");
  CHECK(error_of("valkey://h1,h2") == "it names several servers, which only a cluster has");
  for (const char* bad : {"valkey://h1,", "valkey://,h1", "valkey://h1,,h2", "valkey://h1:1,h2:x", "valkey://h1, h2"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_urls(bad).ok());
  }
}

TEST_CASE("the schemes of Redis are read the same way") {
  CHECK(parse_url("redis://h:1")->port == 1);
  CHECK(!parse_url("redis://h")->tls);
  CHECK(parse_url("rediss://h")->tls);
  CHECK(parse_url("valkeys://h:65535")->port == 65535);
  CHECK(parse_url("valkeys://h")->tls);
}

TEST_CASE("a user and a password are percent-decoded") {
  const auto endpoint = parse_url("valkey://a%40b:p%2Fw%3a%25%00@h");
  REQUIRE(endpoint.ok());
  CHECK(endpoint->username == "a@b");
  CHECK(endpoint->password == std::string("p/w:%\0", 6));
  CHECK(parse_url("valkey://u:a:b@h")->password == "a:b");
}

TEST_CASE("a password without a user is for the default user") {
  const auto endpoint = parse_url("redis://:secret@h/");
  REQUIRE(endpoint.ok());
  CHECK(endpoint->username.empty());
  CHECK(endpoint->password == "secret");
  CHECK(endpoint->database == 0);
}

TEST_CASE("an IPv6 address needs brackets") {
  CHECK(parse_url("valkey://[::1]")->host == "::1");
  CHECK(parse_url("valkey://[2001:db8::7]:7000/1")->port == 7000);
  CHECK(parse_url("valkey://[fe80::1%25eth0]:7000")->host == "fe80::1%eth0");
  CHECK(error_of("valkey://::1:6379").find("write an IPv6 address in brackets") != std::string::npos);
  CHECK(error_of("valkey://[::1") == "the ] after the IPv6 address is missing");
  for (const char* url :
       {"valkey://[]", "valkey://[127.0.0.1]", "valkey://[::g]", "valkey://[fe80::1%25]", "valkey://[::1%zz]",
        "valkey://[::1%00]", "valkey://[::1%00g]", "valkey://[fe80::1%25eth0%0A]", "valkey://[fe80::1%25a%25b]"}) {
    CHECK(error_of(url) == "the brackets do not hold an IPv6 address");
  }
  CHECK(error_of("valkey://[::1]6379") == "only :port is allowed after the ] of an IPv6 address");
}

TEST_CASE("a host is letters and digits and dots and dashes") {
  CHECK(parse_url("valkey://a-b_c.d9:1")->host == "a-b_c.d9");
  for (const char* url : {"valkey://", "valkey://:6379", "valkey:///0", "valkey://u:p@:6379"}) {
    CHECK(error_of(url) == "the host is missing");
  }
  const std::string odd = "the host is not a name or an address (letters, digits, '.', '-', '_')";
  for (const char* url : {"valkey://a b", "valkey://h\n", "valkey://h%41", "valkey://h\xc3\xa4"})
    CHECK(error_of(url) == odd);
  CHECK(error_of("valkey://" + std::string(254, 'h')) == odd);
  CHECK(error_of("valkey://" + std::string(253, 'h')).empty());
}

TEST_CASE("a port is a whole number from 1 to 65535") {
  for (const char* port : {"", "0", "65536", "-1", "+1", "6379x", " 1", "0x10", "1.0", "99999999999999999999"}) {
    CHECK(error_of(std::string("valkey://h:") + port) == "the port is not a whole number between 1 and 65535");
  }
}

TEST_CASE("a database is a whole number from 0 to 65535") {
  CHECK(parse_url("valkey://h/65535")->database == 65535);
  for (const char* database : {"65536", "-1", "x", "1/", "0 "}) {
    CHECK(error_of(std::string("valkey://h/") + database) == "the database is not a whole number between 0 and 65535");
  }
  CHECK(error_of("valkey://h/0?x=1") == "only /db is allowed after the port");
  CHECK(error_of("valkey://h#0") == "only /db is allowed after the port");
}

TEST_CASE("an incomplete login is refused") {
  CHECK(error_of("valkey://anna@h") ==
        "user:password or :password is expected before the @; for a user without a password set valkey.username");
  CHECK(error_of("valkey://anna:@h") == "the password before the @ is empty");
  CHECK(error_of("valkey://a:%zz@h").find("two hexadecimal digits") != std::string::npos);
  CHECK(error_of("valkey://a:b%4@h").find("two hexadecimal digits") != std::string::npos);
}

TEST_CASE("the error for a password that is not encoded says how to encode it") {
  for (const char* url :
       {"valkey://u:hun/ter2@h", "valkey://u:hun@ter2@h", "valkey://u:hun?ter2@h", "valkey://u:hun#ter2@h"}) {
    CHECK(error_of(url).find("percent-encoded") != std::string::npos);
  }
}

TEST_CASE("a Unix socket has a path and an optional database") {
  const auto endpoint = parse_url("unix:///run/valkey/v.sock?db=3");
  REQUIRE(endpoint.ok());
  CHECK(endpoint->kind == Endpoint::Kind::kUnix);
  CHECK(endpoint->path == "/run/valkey/v.sock");
  CHECK(endpoint->database == 3);
  CHECK(parse_url("unix://v.sock")->path == "v.sock");
  CHECK(parse_url("unix:///a%20b%3Fc")->path == "/a b?c");
  CHECK(parse_url("unix:///a@b")->path == "/a@b");
  CHECK(error_of("unix://") == "the path after unix:// is missing");
  CHECK(error_of("unix:///p?db=x") == "the database is not a whole number between 0 and 65535");
  CHECK(error_of("unix:///p?password=x") == "only db=N is allowed after the ?");
  CHECK(error_of("unix:///p%0A") == "the path holds a control character");
  CHECK(error_of("unix://u:p@/run/v.sock").find("valkey.password_file") != std::string::npos);
}

TEST_CASE("an embedded server has a directory with its socket") {
  const auto endpoint = parse_url("embedded:data/valkey%41");
  REQUIRE(endpoint.ok());
  CHECK(endpoint->kind == Endpoint::Kind::kEmbedded);
  CHECK(endpoint->path == "data/valkey%41");
  CHECK(embedded_socket("data") == "data/valkey.sock");
  CHECK(embedded_socket("/var/lib/orderd/") == "/var/lib/orderd/valkey.sock");
  CHECK(embedded_socket("/") == "/valkey.sock");
  CHECK(error_of("embedded:") == "the directory after embedded: is missing");
  CHECK(error_of("embedded:a\nb") == "the path holds a control character");
}

TEST_CASE("a socket's path has at most 107 bytes") {
  const std::string fits(106, 'p');
  CHECK(error_of("unix:///" + fits).empty());
  CHECK(error_of("unix:////" + fits) == "the path of the socket has 108 bytes; at most 107 are allowed");
  const std::string directory(107 - std::string("/valkey.sock").size(), 'd');
  CHECK(error_of("embedded:" + directory).empty());
  CHECK(error_of("embedded:" + directory + "d") ==
        "the path of the socket, DIR/valkey.sock, has 108 bytes; at most 107 are allowed");
}

TEST_CASE("the error for an unknown scheme names the known ones") {
  for (const char* url : {"", "http://h", "localhost:6379", "tcp://h", "VALKEY://h", "valkey:/h", "unix:/p"}) {
    const std::string error = error_of(url);
    for (const char* scheme : {"valkey://", "valkeys://", "redis://", "rediss://", "unix://", "embedded:"}) {
      CHECK(error.find(scheme) != std::string::npos);
    }
  }
}

TEST_CASE("no error and no masked URL repeats a password") {
  for (const char* url :
       {"valkey://u:hunter2@h:0", "valkey://u:hunter2", "valkey://u:hunter2/1", "valkey://u:hun/hunter2@h",
        "valkey://hunter2@h", "valkey://u:hunter2@", "valkey://u:%zhunter2@h", "valkey://u:a@hunter2@h", "u:hunter2@h",
        "http://u:hunter2@h", "unix://u:hunter2@/p", "unix:///p?password=hunter2", "valkey://h/0?password=hunter2",
        "valkey://h#hunter2", "valkey://[::1]:hunter2", "valkey://u:hunter2@h", "redis://:hunter2@h/1",
        "valkey://u:hunter2?@h", "h:hunter2"}) {
    CAPTURE(url);
    CHECK(error_of(url).find("hunter2") == std::string::npos);
    CHECK(masked(url).find("hunter2") == std::string::npos);
  }
}

TEST_CASE("a masked URL keeps everything that is not secret") {
  for (const char* url : {"valkey://h", "valkey://h:99999/70000", "valkey://[::1]:0/1", "embedded:a@b",
                          "unix:///a@b?db=1", "localhost:6379"}) {
    CHECK(masked(url) == url);
  }
  CHECK(masked("valkey://u:p@h:1/2") == "valkey://***@h:1/2");
}

TEST_CASE("a redacted endpoint reads as a URL without its password") {
  CHECK(parse_url("redis://h")->redacted() == "valkey://h:6379");
  CHECK(parse_url("valkey://a%20b:pw@h:1/2")->redacted() == "valkey://a%20b:***@h:1/2");
  CHECK(parse_url("rediss://:pw@[fe80::1%25eth0]")->redacted() == "valkeys://:***@[fe80::1%25eth0]:6379");
  CHECK(parse_url("unix:///a%3Fb/c?db=3")->redacted() == "unix:///a%3Fb/c?db=3");
  CHECK(parse_url("unix://v.sock")->redacted() == "unix://v.sock");
  CHECK(parse_url("unix://a%40b/v.sock")->redacted() == "unix://a%40b/v.sock");
  CHECK(parse_url("embedded:data")->redacted() == "embedded:data");
  Endpoint with_user;
  with_user.username = "anna";
  CHECK(with_user.redacted() == "valkey://anna@127.0.0.1:6379");
}

}  // namespace
}  // namespace orderd::valkey
