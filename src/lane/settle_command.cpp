// The arguments stand in the order that lua/settle.lua and lua/refuse.lua name on their first lines.
#include "lane/settle_command.h"

#include <algorithm>

#include "order/settle_arguments.h"

namespace orderd::lane {
namespace {

// unpack() in Lua fails near 8,000 elements; each field is two.
constexpr std::size_t kMaxRawFields = 3500;
static_assert(2 * kMaxRawFields < 7900);

}  // namespace

std::size_t write_settle(const Options& options, std::string_view script_id, std::string_view request_id,
                         const order::Request& request, std::string& scratch, valkey::Command& command) {
  const std::size_t lines = request.lines.size();
  const bool has_customer = !request.customer.empty();
  command.begin(3 + 3 + lines + 6 + 2 * lines + (has_customer ? 1 : 0));
  command.add("EVALSHA");
  command.add(script_id);
  command.add(3 + lines);
  command.add(options.orders);
  command.add(options.results);
  scratch.clear();
  options.order_keys.append(request.id, scratch);
  command.add(scratch);
  for (const order::Line& line : request.lines) {
    scratch.clear();
    options.stock_keys.append(line.sku, scratch);
    command.add(scratch);
  }
  command.add(options.group);
  command.add(request_id);
  command.add(request.id);
  const order::Digest digest = order::digest_of(request);
  command.add(std::string_view(digest.data(), digest.size()));
  command.add(options.dedup_window.count());
  command.add("1");
  const std::size_t gate = command.last_byte();
  for (const order::Line& line : request.lines) {
    command.add(line.quantity);
    scratch.clear();
    order::append_line_head(line, scratch);
    command.add(scratch);
  }
  if (has_customer) command.add(request.customer);
  return gate;
}

std::size_t write_refuse(const Options& options, std::string_view script_id, std::string_view request_id,
                         Refusal refusal, const order::Request& known, std::string_view detail,
                         const order::Fields& fields, valkey::Command& command) {
  // How much of the raw fields fits: whole names and values, the last value cut.
  std::size_t count = 0;
  std::size_t left = order::kMaxEntryBytes;
  std::string_view last_value;
  if (refusal == Refusal::kMalformed) {
    const std::size_t limit = std::min(fields.size(), 2 * kMaxRawFields);
    while (count + 1 < limit && fields[count].size() <= left) {
      left -= fields[count].size();
      last_value = fields[count + 1].substr(0, left);
      left -= last_value.size();
      count += 2;
      if (left == 0) break;
    }
  }
  command.begin(3 + 3 + 7 + count);
  command.add("EVALSHA");
  command.add(script_id);
  command.add(3);
  command.add(options.orders);
  command.add(options.results);
  command.add(options.dead);
  command.add(options.group);
  command.add(request_id);
  command.add("1");
  const std::size_t gate = command.last_byte();
  command.add(known.id);
  command.add(refusal == Refusal::kMalformed ? "malformed" : "request_lost");
  command.add(detail);
  command.add(known.customer);
  for (std::size_t i = 0; i < count; ++i) command.add(i + 1 == count ? last_value : fields[i]);
  return gate;
}

}  // namespace orderd::lane
