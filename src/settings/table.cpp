// The rows. The builders on top turn one generic lambda that names a field into the accessors of its type.
#include "settings/table.h"

#include <algorithm>
#include <array>
#include <type_traits>

#include "order/request.h"

namespace orderd::settings {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxNameBytes = 256;  // of a stream, a group, a consumer, a key template, a user
constexpr std::size_t kMaxUrlBytes = 4096;
constexpr std::size_t kMaxPathBytes = 4095;  // PATH_MAX less its final zero
constexpr uint64_t kMaxInFlight = 65'536;    // slots of a lane are allocated at its start
constexpr uint64_t kMaxLines = 1000;         // far below the 8,000 arguments that Lua's unpack takes
static_assert(order::kMaxWhole == (uint64_t{1} << 53) - 1, "the help says 2^53-1");

constexpr std::array<std::string_view, 2> kMissingGroups = {"create", "stop"};
constexpr std::array<std::string_view, 5> kLogLevels = {"trace", "debug", "info", "warn", "error"};
constexpr std::array<std::string_view, 2> kLogFormats = {"text", "json"};

template <class Field>
constexpr Text text(Field /*field*/, Text::Rule rule, std::size_t bytes_min, std::size_t bytes_max) {
  return {[](const Settings& s) -> const std::string& { return Field{}(s); },
          [](Settings& s) -> std::string& { return Field{}(s); }, bytes_min, bytes_max, rule};
}

template <class Field>
constexpr Whole whole(Field /*field*/, uint64_t min, uint64_t max) {
  return {[](const Settings& s) -> uint64_t { return Field{}(s); },
          [](Settings& s, uint64_t value) {
            Field{}(s) = static_cast<std::remove_reference_t<decltype(Field{}(s))>>(value);
          },
          min, max};
}

template <class Field>
constexpr Duration duration(Field /*field*/, bool zero, Milliseconds min, Milliseconds max) {
  return {[](const Settings& s) -> Milliseconds { return Field{}(s); },
          [](Settings& s, Milliseconds value) { Field{}(s) = value; }, zero, min, max};
}

template <class Field>
constexpr Choice choice(Field /*field*/, std::span<const std::string_view> names) {
  return {[](const Settings& s) { return static_cast<std::size_t>(Field{}(s)); },
          [](Settings& s, std::size_t index) {
            Field{}(s) = static_cast<std::remove_reference_t<decltype(Field{}(s))>>(index);
          },
          names};
}

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): one lambda, for a const and for a mutable Settings.
#define FIELD(path)      \
  [](auto& s) -> auto& { \
    return s.path;       \
  }

constexpr auto kTable = std::to_array<Setting>({
    {"valkey.url", text(FIELD(valkey.url), Text::Rule::kUrl, 1, kMaxUrlBytes), Applies::kRestart, true,
     "where the server is",
     "valkey://[user:password@]host[:port][/db]   redis:// is read the same way\n"
     "unix:///path[?db=N]                         a unix socket\n"
     "embedded:DIR                                starts a valkey-server of orderd's own, with its data in DIR\n"
     "User and password are percent-encoded. A password may stand here or in ORDERD_VALKEY_URL, never in a flag;\n"
     "valkey.password_file is the better place."},
    {"valkey.username", text(FIELD(valkey.username), Text::Rule::kAny, 0, kMaxNameBytes), Applies::kRestart, false,
     "the user to log in as; empty: the default user", ""},
    {"valkey.password_file", text(FIELD(valkey.password_file), Text::Rule::kPasswordFile, 0, kMaxPathBytes),
     Applies::kRestart, false, "a file whose first line is the password; empty: none",
     "Others may not read it (chmod 600). It is read at each connect, so a password can be changed while orderd runs."},
    {"valkey.connect_timeout", duration(FIELD(valkey.connect_timeout), false, 100ms, 10min), Applies::kRestart, false,
     "how long one attempt to connect may take", ""},
    {"valkey.reply_timeout", duration(FIELD(valkey.reply_timeout), false, 100ms, 10min), Applies::kRestart, false,
     "how long a reply may take before the connection is given up", ""},
    {"valkey.sentinels", NotYet{R"(["host:26379"])"}, Applies::kRestart, false, "Sentinels to ask for the primary", ""},
    {"valkey.service", NotYet{R"("orders")"}, Applies::kRestart, false, "the primary's name at the Sentinels", ""},
    {"valkey.cluster", NotYet{"false"}, Applies::kRestart, false, "is the server a node of a cluster?", ""},
    {"valkey.tls_ca_file", NotYet{R"("ca.pem")"}, Applies::kRestart, false, "whom to trust for TLS", ""},
    {"valkey.tls_cert_file", NotYet{R"("orderd.pem")"}, Applies::kRestart, false, "the certificate to show", ""},
    {"valkey.tls_key_file", NotYet{R"("orderd.key")"}, Applies::kRestart, false, "the key of the certificate to show",
     ""},
    {"valkey.tls_server_name", NotYet{R"("valkey.example")"}, Applies::kRestart, false,
     "the name in the server's certificate", ""},

    {"streams.orders", text(FIELD(streams.orders), Text::Rule::kStream, 1, kMaxNameBytes), Applies::kRestart, false,
     "the stream that orders come from", ""},
    {"streams.results", text(FIELD(streams.results), Text::Rule::kStream, 1, kMaxNameBytes), Applies::kRestart, false,
     "the stream of results, one entry for each request", ""},
    {"streams.dead", text(FIELD(streams.dead), Text::Rule::kStream, 1, kMaxNameBytes), Applies::kRestart, false,
     "the stream that keeps copies of malformed requests", ""},
    {"streams.group", text(FIELD(streams.group), Text::Rule::kAny, 1, kMaxNameBytes), Applies::kRestart, false,
     "the consumer group on the orders stream", ""},
    {"streams.consumer", text(FIELD(streams.consumer), Text::Rule::kAny, 1, kMaxNameBytes), Applies::kRestart, false,
     "this daemon's name in the group", "Keep it the same from start to start, and give no two daemons the same."},
    {"streams.lanes", NotYet{R"(["a", "b"])"}, Applies::kRestart, false,
     "names to put for <lane> in the streams' names", ""},

    {"keys.stock", text(FIELD(keys.stock), Text::Rule::kStockKey, 1, kMaxNameBytes), Applies::kRestart, false,
     "the key of a SKU's stock", "It holds <sku> once."},
    {"keys.order", text(FIELD(keys.order), Text::Rule::kOrderKey, 1, kMaxNameBytes), Applies::kRestart, false,
     "the key of an order's record", "It holds <id> once. No order id and no SKU may make it a key of another kind."},

    {"processing.max_in_flight", whole(FIELD(processing.max_in_flight), 1, kMaxInFlight), Applies::kRestart, false,
     "orders that may be on their way at a time", "It bounds memory, and it is the back-pressure."},
    {"processing.max_quantity", whole(FIELD(processing.max_quantity), 1, order::kMaxWhole), Applies::kRestart, false,
     "the largest quantity of one line", "An order with more is malformed. At most 2^53-1."},
    {"processing.max_lines", whole(FIELD(processing.max_lines), 1, kMaxLines), Applies::kRestart, false,
     "the most lines of one order", "An order with more is malformed."},
    {"processing.claim_idle", duration(FIELD(processing.claim_idle), false, 100ms, 24h), Applies::kLive, false,
     "after how long a dead consumer's entries are taken over", ""},
    {"processing.dedup_window", duration(FIELD(processing.dedup_window), true, 1s, 8760h), Applies::kRestart, false,
     "how long an order's id is remembered; 0s: not at all",
     "Within it, a retry with the same id is answered with the first decision and never sells twice."},
    {"processing.missing_group", choice(FIELD(processing.missing_group), kMissingGroups), Applies::kRestart, false,
     "what to do where the group or the stream is missing", ""},

    {"retention.orders", duration(FIELD(retention.orders), true, 1s, 87600h), Applies::kLive, false,
     "settled requests older than this are trimmed; 0s: never",
     "A request that is not settled never is, by any group's reckoning."},
    {"retention.results", duration(FIELD(retention.results), true, 1s, 87600h), Applies::kLive, false,
     "results older than this are trimmed; 0s: never", ""},

    {"admin.listen", NotYet{R"("127.0.0.1:9464")"}, Applies::kRestart, false,
     "where /metrics, /livez, /readyz and the status page are served", ""},

    {"log.level", choice(FIELD(log.level), kLogLevels), Applies::kLive, false, "what is logged, to standard error", ""},
    {"log.format", choice(FIELD(log.format), kLogFormats), Applies::kLive, false,
     "for people, or one JSON object a line", ""},

    {"shutdown.drain_timeout", duration(FIELD(shutdown.drain_timeout), false, 0ms, 1h), Applies::kLive, false,
     "how long a stop waits for the orders in flight",
     "What is left then stays pending, and is settled after the next start."},
});
#undef FIELD

}  // namespace

std::string Setting::flag() const {
  return "--" + std::string(key);
}

std::string Setting::variable() const {
  std::string out(kVariablePrefix);
  for (const char c : key) out += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

std::span<const Setting> table() {
  return kTable;
}

const Setting* find(std::string_view key) {
  const auto* row = std::find_if(kTable.begin(), kTable.end(), [&](const Setting& s) { return s.key == key; });
  return row == kTable.end() ? nullptr : row;
}

bool is_section(std::string_view name) {
  return std::any_of(kTable.begin(), kTable.end(), [&](const Setting& s) { return s.section() == name; });
}

}  // namespace orderd::settings
