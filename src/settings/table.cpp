// The rows. The functions at the top turn a generic lambda that names a field into the accessors of its type.
#include "settings/table.h"

#include <algorithm>
#include <array>
#include <type_traits>

#include "order/request.h"

namespace orderd::settings {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxNameBytes = 256;  // of a stream, a group, a key template, a user
constexpr std::size_t kMaxDaemonNameBytes = 128;
constexpr std::size_t kMaxUrlBytes = 4096;
constexpr std::size_t kMaxLanesBytes = 65'536;
constexpr std::size_t kMaxPathBytes = 4095;  // PATH_MAX without its terminating zero
constexpr std::size_t kMaxListenBytes = 64;
constexpr uint64_t kMaxInFlight = 65'536;  // a lane allocates this much at its start
constexpr uint64_t kMaxOrdersPerCall = 128;
constexpr uint64_t kMaxLines = 1000;  // far below the 8,000 values that Lua's unpack takes
static_assert(order::kMaxWhole == (uint64_t{1} << 53) - 1, "the help says 2^53-1");

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

template <class Field>
constexpr Bool boolean(Field /*field*/) {
  return {[](const Settings& s) -> bool { return Field{}(s); }, [](Settings& s, bool value) { Field{}(s) = value; }};
}

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): one lambda, for a const and for a mutable Settings.
#define FIELD(path)      \
  [](auto& s) -> auto& { \
    return s.path;       \
  }

constexpr auto kTable = std::to_array<Setting>({
    {"valkey.url", text(FIELD(valkey.url), Text::Rule::kUrl, 1, kMaxUrlBytes), Applies::kRestart, true,
     "address of the server",
     "valkey://[user:password@]host[:port][/db]   redis:// is an alias\n"
     "unix:///path[?db=N]                         a Unix socket\n"
     "embedded:DIR                                orderd runs its own valkey-server, with its data in DIR\n"
     "User and password are percent-encoded. A password is allowed here and in ORDERD_VALKEY_URL, not in a flag.\n"
     "Prefer valkey.password_file."},
    {"valkey.username", text(FIELD(valkey.username), Text::Rule::kAny, 0, kMaxNameBytes), Applies::kRestart, false,
     "user to authenticate as; empty: the default user", ""},
    {"valkey.password_file", text(FIELD(valkey.password_file), Text::Rule::kPasswordFile, 0, kMaxPathBytes),
     Applies::kRestart, false, "file whose first line is the password; empty: no password",
     "It must not be world-readable (chmod 600). It is read at each connect, so a password can be rotated\n"
     "while orderd runs."},
    {"valkey.connect_timeout", duration(FIELD(valkey.connect_timeout), false, 100ms, 10min), Applies::kRestart, false,
     "time limit for one attempt to connect", ""},
    {"valkey.reply_timeout", duration(FIELD(valkey.reply_timeout), false, 100ms, 10min), Applies::kRestart, false,
     "time limit for a reply, after which the connection is closed", ""},
    {"valkey.sentinels", text(FIELD(valkey.sentinels), Text::Rule::kAddresses, 0, kMaxUrlBytes), Applies::kRestart,
     false, "sentinels that name the primary: host[:port], separated by commas; empty: none",
     "The file may have an array. The default port is 26379. Host and port in valkey.url are not used then, its user,\n"
     "password and database are. Name all sentinels: orderd queries and subscribes to each."},
    {"valkey.service", text(FIELD(valkey.service), Text::Rule::kAny, 0, kMaxNameBytes), Applies::kRestart, false,
     "name of the primary at the sentinels", ""},
    {"valkey.sentinel_username", text(FIELD(valkey.sentinel_username), Text::Rule::kAny, 0, kMaxNameBytes),
     Applies::kRestart, false, "user to authenticate as at the sentinels; empty: the default user",
     "Sentinels have their own users."},
    {"valkey.sentinel_password_file",
     text(FIELD(valkey.sentinel_password_file), Text::Rule::kPasswordFile, 0, kMaxPathBytes), Applies::kRestart, false,
     "file whose first line is the password for the sentinels; empty: no password", ""},
    {"valkey.cluster", boolean(FIELD(valkey.cluster)), Applies::kRestart, false,
     "whether the server is a cluster: true or false",
     "valkey.url then names one or more of its nodes: valkey://h1:6379,h2:6379. The others are found through them. "
     "All\n"
     "keys of a lane have to be in one slot: see streams.lanes."},
    {"valkey.tls_ca_file", text(FIELD(valkey.tls_ca_file), Text::Rule::kAny, 0, kMaxPathBytes), Applies::kRestart,
     false, "certificates to trust with valkeys://, in PEM format; empty: those of the system",
     "Changes of this file and those below are used by the next connection."},
    {"valkey.tls_cert_file", text(FIELD(valkey.tls_cert_file), Text::Rule::kAny, 0, kMaxPathBytes), Applies::kRestart,
     false, "client certificate and its chain, in PEM format; empty: none", ""},
    {"valkey.tls_key_file", text(FIELD(valkey.tls_key_file), Text::Rule::kAny, 0, kMaxPathBytes), Applies::kRestart,
     false, "private key of the client certificate, in PEM format, without a passphrase", ""},
    {"valkey.tls_server_name", text(FIELD(valkey.tls_server_name), Text::Rule::kAny, 0, kMaxNameBytes),
     Applies::kRestart, false, "name or address that the server's certificate has to be for; empty: the host",
     "Also of the sentinels' certificates."},

    {"streams.orders", text(FIELD(streams.orders), Text::Rule::kStream, 1, kMaxNameBytes), Applies::kRestart, false,
     "stream to read orders from", ""},
    {"streams.results", text(FIELD(streams.results), Text::Rule::kStream, 1, kMaxNameBytes), Applies::kRestart, false,
     "stream to write results to, one entry for each request", ""},
    {"streams.dead", text(FIELD(streams.dead), Text::Rule::kDeadStream, 1, kMaxNameBytes), Applies::kRestart, false,
     "stream for copies of malformed requests", "May contain <orders>, the name of the orders stream."},
    {"streams.group", text(FIELD(streams.group), Text::Rule::kAny, 0, kMaxNameBytes), Applies::kRestart, false,
     "consumer group that shows the position, for monitoring only; empty: none",
     "Once a second orderd moves it to the position, so that XINFO GROUPS and exporters show the lag. orderd does not\n"
     "read through it, and whatever is done to it does not affect orders."},
    {"streams.lanes", text(FIELD(streams.lanes), Text::Rule::kLanes, 0, kMaxLanesBytes), Applies::kRestart, false,
     "lanes that orders are spread over by their SKUs, separated by commas; empty: one, without a name",
     "The file may have an array. streams.orders, streams.results and the keys then contain {<lane>}, which stands "
     "for\n"
     "the lane's name and keeps all keys of a lane in one slot of a cluster: orders = \"{<lane>}:orders\". The names "
     "and\n"
     "their order decide which lane an SKU belongs to (orderctl lane SKU): all daemons, tools and producers use the "
     "same.\n"
     "`orderctl lane names --count 16` prints names that spread evenly over a cluster."},

    {"keys.stock", text(FIELD(keys.stock), Text::Rule::kStockKey, 1, kMaxNameBytes), Applies::kRestart, false,
     "key of an SKU's stock", "Contains <sku> exactly once. May contain <orders>, the name of the orders stream."},
    {"keys.order", text(FIELD(keys.order), Text::Rule::kOrderKey, 1, kMaxNameBytes), Applies::kRestart, false,
     "key of an order's record",
     "Contains <id> exactly once. May contain <orders>, the name of the orders stream. orderd does not start if an "
     "order\n"
     "ID or an SKU could produce the key of something else."},
    {"keys.reply", text(FIELD(keys.reply), Text::Rule::kReplyKey, 1, kMaxNameBytes), Applies::kRestart, false,
     "key of the list that the result of a request with reply_to is also pushed to",
     "Contains <to> exactly once, which stands for reply_to. May contain <orders>, the name of the orders stream."},

    {kNameKey, text(FIELD(processing.name), Text::Rule::kAny, 1, kMaxDaemonNameBytes), Applies::kRestart, false,
     "name of this daemon, shown as the owner of the orders stream",
     "Keep it the same across restarts, and give each daemon a different one."},
    {"processing.lease", duration(FIELD(processing.lease), false, 100ms, 10min), Applies::kRestart, false,
     "how long the active daemon may be silent before another one takes over",
     "This is how long orders wait after a crash of the active daemon. It is not a safety limit: even two active "
     "daemons\n"
     "settle each request once and in order. Choose more than the server's longest pause (fsync, fork), or daemons "
     "take\n"
     "over from each other without need. All daemons of a stream use the same value."},
    {"processing.max_in_flight", whole(FIELD(processing.max_in_flight), 1, kMaxInFlight), Applies::kRestart, false,
     "most requests in flight at a time",
     "Bounds memory and provides back-pressure. Several lanes share it; each may always have four calls in flight."},
    {"processing.orders_per_call", whole(FIELD(processing.orders_per_call), 1, kMaxOrdersPerCall), Applies::kRestart,
     false, "most requests settled by one script call; 1: each request has its own call",
     "Requests share a call only while earlier calls are in flight: no request waits for others to arrive."},
    {"processing.max_quantity", whole(FIELD(processing.max_quantity), 1, order::kMaxWhole), Applies::kRestart, false,
     "largest quantity of one line", "An order with more is malformed. At most 2^53-1."},
    {"processing.max_lines", whole(FIELD(processing.max_lines), 1, kMaxLines), Applies::kRestart, false,
     "most lines of one order", "An order with more is malformed."},
    {"processing.dedup_window", duration(FIELD(processing.dedup_window), true, 1s, 8760h), Applies::kRestart, false,
     "how long an order ID is remembered; 0s: deduplication is off",
     "A retry with the same ID within this time gets the first decision and never sells twice. With 0s every entry is "
     "its\n"
     "own order, whatever its ID."},
    {"processing.reply_ttl", duration(FIELD(processing.reply_ttl), false, 1s, 8760h), Applies::kRestart, false,
     "how long a list of replies is kept after the last one", "After that the result is only in the results stream."},

    {"retention.orders", duration(FIELD(retention.orders), true, 1s, 87600h), Applies::kLive, false,
     "age at which settled requests are trimmed; 0s: never",
     "A request is kept until it is settled and every other consumer group has acknowledged it."},
    {"retention.results", duration(FIELD(retention.results), true, 1s, 87600h), Applies::kLive, false,
     "age at which results are trimmed; 0s: never", "At least retention.orders."},
    {"retention.dead", duration(FIELD(retention.dead), true, 1s, 87600h), Applies::kLive, false,
     "age at which dead letters are trimmed; 0s: never",
     "If set, a malformed request that was not looked at by then is lost."},

    {"admin.listen", text(FIELD(admin.listen), Text::Rule::kListen, 0, kMaxListenBytes), Applies::kRestart, false,
     "address of the status page, /metrics, /livez, /readyz and /version; empty: off",
     "Anyone who can connect can read them. They contain numbers, names of streams and daemons, and server errors;\n"
     "the page also the latest orders' IDs and SKUs, and stock. 127.0.0.1 and [::1] are for this machine, 0.0.0.0\n"
     "and [::] for all its networks. Port 0 is any free one; the log names it. While another program uses the port,\n"
     "orderd serves orders and retries."},

    {"log.level", choice(FIELD(log.level), kLogLevels), Applies::kLive, false,
     "least severe level to log, to standard error", ""},
    {"log.format", choice(FIELD(log.format), kLogFormats), Applies::kLive, false,
     "text to read, or one JSON object per line", ""},

    {"shutdown.drain_timeout", duration(FIELD(shutdown.drain_timeout), false, 0ms, 1h), Applies::kLive, false,
     "how long shutdown waits for requests in flight",
     "A request that is not settled by then is settled after the next start."},
});
#undef FIELD

constexpr auto kRemoved = std::to_array<Removed>({
    {"streams.consumer", "use processing.name, the name of this daemon"},
    {"processing.claim_idle", "use processing.lease, the time after which another daemon takes over"},
    {"processing.missing_group", "nothing replaces it; orderd no longer needs a consumer group"},
});

}  // namespace

std::string flag_of(std::string_view key) {
  return "--" + std::string(key);
}

std::string variable_of(std::string_view key) {
  std::string out(kVariablePrefix);
  for (const char c : key) out += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

std::string Setting::flag() const {
  return flag_of(key);
}

std::string Setting::variable() const {
  return variable_of(key);
}

std::span<const Setting> table() {
  return kTable;
}

const Setting* find(std::string_view key) {
  const auto* row = std::find_if(kTable.begin(), kTable.end(), [&](const Setting& s) { return s.key == key; });
  return row == kTable.end() ? nullptr : row;
}

std::span<const Removed> removed() {
  return kRemoved;
}

const Removed* find_removed(std::string_view key) {
  const auto* row = std::find_if(kRemoved.begin(), kRemoved.end(), [&](const Removed& r) { return r.key == key; });
  return row == kRemoved.end() ? nullptr : row;
}

bool is_section(std::string_view name) {
  return std::any_of(kTable.begin(), kTable.end(), [&](const Setting& s) { return s.section() == name; });
}

}  // namespace orderd::settings
