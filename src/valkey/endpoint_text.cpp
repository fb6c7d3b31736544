// Endpoints and URLs as text for logs and errors, without passwords.
#include "valkey/endpoint_text.h"

#include <string>
#include <vector>

#include "valkey/endpoint.h"

namespace orderd::valkey {
namespace {

constexpr std::string_view kMask = "***";

void percent_encode(std::string_view text, std::string_view also_plain, std::string& out) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  for (const char c : text) {
    if (is_digit(c) || is_letter(c) || std::string_view("-._~").find(c) != std::string_view::npos ||
        also_plain.find(c) != std::string_view::npos) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
}

void append_host_port(const Endpoint& endpoint, std::string& out) {
  const bool brackets = endpoint.host.find(':') != std::string::npos;
  if (brackets) out += '[';
  percent_encode(endpoint.host, ":", out);
  if (brackets) out += ']';
  out.append(":").append(std::to_string(endpoint.port));
}

// The part after the scheme of a TCP URL that may be invalid: keeps only what cannot be a password.
std::string masked_authority(std::string_view rest) {
  std::string out;
  const std::size_t at = rest.rfind('@');
  if (at != std::string_view::npos) out.append(kMask).append("@");
  if (at != std::string_view::npos) rest.remove_prefix(at + 1);
  const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  // An IPv6 address contains colons.
  const std::size_t bracket = rest.starts_with('[') ? rest.substr(0, end).rfind(']') : std::string_view::npos;
  const std::size_t colon = rest.find(':', bracket == std::string_view::npos ? 0 : bracket);
  const std::size_t host_end = std::min(colon, end);
  out.append(rest.substr(0, host_end));
  if (host_end < end)
    out.append(":").append(all_digits(rest.substr(host_end + 1, end - host_end - 1))
                               ? rest.substr(host_end + 1, end - host_end - 1)
                               : kMask);
  if (end < rest.size())
    out.append(rest.substr(end, 1)).append(all_digits(rest.substr(end + 1)) ? rest.substr(end + 1) : kMask);
  return out;
}

}  // namespace

std::string masked(std::string_view url) {
  if (url.starts_with(kEmbeddedScheme)) return std::string(url);
  const std::size_t separator = url.find("://");
  const std::size_t scheme_end =
      separator != std::string_view::npos &&
              std::all_of(url.begin(), url.begin() + static_cast<std::ptrdiff_t>(separator), is_letter)
          ? separator + 3
          : 0;
  const std::string_view scheme = url.substr(0, scheme_end);
  const std::string_view rest = url.substr(scheme_end);
  if (scheme != kUnixScheme || !rest.starts_with('/')) return std::string(scheme) + masked_authority(rest);
  const std::size_t question = rest.find('?');
  if (question == std::string_view::npos) return std::string(url);
  const std::string_view query = rest.substr(question + 1);
  const bool plain = query.starts_with("db=") && all_digits(query.substr(3));
  return std::string(scheme).append(rest.substr(0, question + 1)).append(plain ? query : kMask);
}

std::string Endpoint::redacted() const {
  std::string out;
  if (kind == Kind::kEmbedded) return out.append(kEmbeddedScheme).append(path);
  if (kind == Kind::kUnix) {
    out = kUnixScheme;
    // '@' is encoded: before the first slash of a relative path it would look like the end of a user and password.
    percent_encode(path, "/:+,=", out);
    if (database != 0) out.append("?db=").append(std::to_string(database));
    return out;
  }
  out = tls ? "valkeys://" : "valkey://";
  if (!username.empty() || !password.empty()) percent_encode(username, "", out);
  if (!password.empty()) out.append(":").append(kMask);
  if (!username.empty() || !password.empty()) out.append("@");
  append_host_port(*this, out);
  if (database != 0) out.append("/").append(std::to_string(database));
  return out;
}

std::string redacted(const std::vector<Endpoint>& servers) {
  std::string out = servers.front().redacted();
  if (servers.size() == 1) return out;
  std::string others;
  for (std::size_t i = 1; i < servers.size(); ++i) append_host_port(servers[i], others += ",");
  std::string first;
  append_host_port(servers.front(), first);
  return out.insert(out.rfind(first) + first.size(), others);
}

}  // namespace orderd::valkey
