#include "order/lanes.h"

#include <algorithm>

namespace orderd::order {
namespace {

bool good_name(std::string_view name) {
  return !name.empty() && name.size() <= kLaneNameBytes && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

std::string_view without_spaces(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::string with_lane(std::string_view text, std::string_view lane) {
  std::string out;
  for (std::size_t at = 0; (at = text.find(kLanePlaceholder)) != std::string_view::npos;) {
    out.append(text.substr(0, at)).append(lane);
    text.remove_prefix(at + kLanePlaceholder.size());
  }
  return out.append(text);
}

Result<Lanes> Lanes::parse(std::string_view text) {
  Lanes lanes;
  if (text.empty()) return lanes;
  lanes.names_.clear();
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const std::string_view name = without_spaces(text.substr(at, end - at));
    if (!good_name(name)) {
      return Failure{"the name of a lane has 1 to 64 letters, digits, '.', '_' and '-'; allowed: a,b,c"};
    }
    lanes.names_.emplace_back(name);
    at = end + 1;
  }
  if (lanes.names_.size() > kLanesMax) return Failure{"more than 1024 lanes; allowed: at most 1024"};
  std::vector<std::string> sorted = lanes.names_;
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  if (twice != sorted.end()) return Failure{"the lane '" + *twice + "' is given twice; allowed: different names"};
  return lanes;
}

std::size_t Lanes::of(std::string_view sku) const {
  return names_.size() == 1 ? 0 : jump_hash(fnv1a(sku), static_cast<uint32_t>(names_.size()));
}

std::string Lanes::why_not(const Request& order, std::size_t index) const {
  if (names_.size() == 1) return {};
  const auto stray =
      std::find_if(order.lines.begin(), order.lines.end(), [&](const Line& line) { return of(line.sku) != index; });
  if (stray == order.lines.end()) return {};
  const std::size_t lane = of(stray->sku);
  const bool split =
      std::any_of(order.lines.begin(), order.lines.end(), [&](const Line& line) { return of(line.sku) != lane; });
  return "'" + stray->sku + "' belongs to lane '" + names_[lane] + "', and this is lane '" + names_[index] + "'" +
         (split ? "; all SKUs of an order must belong to one lane" : "");
}

uint64_t fnv1a(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

uint32_t jump_hash(uint64_t key, uint32_t buckets) {
  int64_t bucket = -1;
  int64_t next = 0;
  while (next < static_cast<int64_t>(buckets)) {
    bucket = next;
    key = key * 2862933555777941757U + 1;
    constexpr auto kUnit = static_cast<double>(int64_t{1} << 31);
    next = static_cast<int64_t>(static_cast<double>(bucket + 1) * (kUnit / static_cast<double>((key >> 33) + 1)));
  }
  return static_cast<uint32_t>(bucket);
}

}  // namespace orderd::order
