// The table of payloads (tests/payloads/table.h) with a running orderd: one result each, as in the table.
#include <doctest/doctest.h>

#include <map>

#include "payloads/table.h"
#include "support/daemon.h"
#include "support/valkey_helpers.h"
#include "support/valkey_server.h"
#include "support/wait_for.h"

using namespace orderd::test;
using namespace std::chrono_literals;

TEST_CASE("each payload gets one result as in the table") {
  const ValkeyServer server;
  auto client = server.client();
  for (const std::string& sku : {std::string("shoe"), std::string("sh*e"), std::string(128, 's')}) {
    set(client, "product:" + sku + ":stock", "1000");
  }
  std::map<std::string, Payload> asked;
  for (Payload& payload : all_payloads()) asked.emplace(xadd(client, "orders", payload.fields), std::move(payload));

  Process daemon({ORDERD_PATH}, {.environment = {"ORDERD_VALKEY_URL=unix://" + server.endpoint().path}});
  wait_for([&] { return length(client, "results") >= asked.size(); }, 60s, "a result for each payload");
  end(daemon);

  std::size_t malformed = 0;
  for (const Entry& result : entries(client, "results")) {
    const auto found = asked.find(result.field("request"));
    REQUIRE_MESSAGE(found != asked.end(), "a second result, or one for nothing: ", result.field("request"));
    const Payload& payload = found->second;
    CAPTURE(payload.name);
    if (payload.why.empty()) {
      CHECK(result.field("status") == "accepted");
      CHECK_FALSE(result.has("detail"));
    } else {
      CHECK(result.field("status") == "rejected");
      CHECK(result.field("reason") == "malformed");
      CHECK(result.field("detail").starts_with(payload.why));
      ++malformed;
    }
    asked.erase(found);
  }
  CHECK(asked.empty());
  CHECK(length(client, "orders:dead") == malformed);
}
