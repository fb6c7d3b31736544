// Keys and arguments are in the order of the contract in lua/settle.lua.
#include "lane/batch.h"

#include <algorithm>

#include "order/settle_arguments.h"

namespace orderd::lane {
namespace {

// Larger buffers are freed: 64 usual orders take about 15 KiB.
constexpr std::size_t kKeptBytes = 64 * 1024;

}  // namespace

void Batch::clear() {
  requests_ = 0;
  lines_ = 0;
  records_.clear();
  stock_.clear();
  replies_.clear();
  asked_.clear();
  arguments_.clear();
  arguments_.shrink(kKeptBytes);
  command_.clear();
  command_.shrink(kKeptBytes);
  skus_.clear();
}

bool Batch::has_room(std::size_t lines, std::size_t bytes, std::size_t requests_max) const {
  if (requests_ == 0) return true;
  return requests_ < std::min<std::size_t>(requests_max, kBatchRequests) && lines_ + lines <= kBatchLines &&
         this->bytes() + bytes <= kBatchBytes;
}

std::size_t Batch::stock_index(std::string_view sku) {
  const auto found = skus_.find(sku);
  if (found != skus_.end()) return found->second;
  scratch_.clear();
  options_.stock_keys.append(sku, scratch_);
  stock_.add(std::string_view(scratch_));
  return skus_.emplace(sku, skus_.size() + 1).first->second;
}

// The part that all requests with a record share.
void Batch::begin_request(std::string_view id, const order::Request& request) {
  scratch_.clear();
  options_.order_keys.append(request.id, scratch_);
  records_.add(std::string_view(scratch_));
  const order::Digest digest = order::digest_of(request);
  arguments_.add(id);
  arguments_.add(std::string_view(request.id));
  arguments_.add(std::string_view(digest.data(), digest.size()));
  arguments_.add(std::string_view(request.customer));
}

void Batch::add(std::string_view id, const order::Request& request) {
  arguments_.add(request.lines.size());
  begin_request(id, request);
  for (const order::Line& line : request.lines) {
    arguments_.add(stock_index(line.sku));
    arguments_.add(line.quantity);
    scratch_.clear();
    order::append_line_head(line, scratch_);
    arguments_.add(std::string_view(scratch_));
  }
  lines_ += request.lines.size();
  end_request(id, request.reply_to);
}

void Batch::add_wrong_lane(std::string_view id, const order::Request& request, std::string_view detail) {
  arguments_.add("w");
  begin_request(id, request);
  arguments_.add(detail);
  end_request(id, request.reply_to);
}

void Batch::add_malformed(std::string_view id, const order::Request& known, std::string_view detail,
                          const order::Fields& fields) {
  // Whole names and values as far as they fit; the last value is cut.
  std::size_t words = 0;
  std::size_t left = order::kMaxEntryBytes;
  std::string_view last_value;
  const std::size_t limit = std::min(fields.size(), kRawWords);
  while (words + 1 < limit && fields[words].size() <= left && (words == 0 || left > 0)) {
    left -= fields[words].size();
    last_value = fields[words + 1].substr(0, left);
    left -= last_value.size();
    words += 2;
  }
  arguments_.add("0");
  arguments_.add(id);
  arguments_.add(std::string_view(known.id));
  arguments_.add(std::string_view(known.customer));
  arguments_.add(detail);
  arguments_.add(words);
  for (std::size_t i = 0; i < words; ++i) arguments_.add(i + 1 == words ? last_value : fields[i]);
  end_request(id, known.reply_to);
}

void Batch::end_request(std::string_view id, std::string_view reply_to) {
  last_.assign(id);
  ++requests_;
  if (reply_to.empty() || !reply_) return;
  scratch_.clear();
  options_.reply_keys.append(reply_to, scratch_);
  replies_.add(std::string_view(scratch_));
  asked_.add(requests_);
}

const valkey::Command& Batch::write(std::string_view script_id, std::string_view previous) {
  const std::size_t keys = 3 + records_.count() + stock_.count() + replies_.count();
  const bool asked = replies_.count() > 0;
  command_.begin(3 + keys + 5 + arguments_.count() + (asked ? 1 : 0) + asked_.count());
  command_.add("EVALSHA");
  command_.add(script_id);
  command_.add(keys);
  scratch_ = options_.position_key();
  command_.add(std::string_view(scratch_));
  command_.add(std::string_view(options_.results));
  command_.add(std::string_view(options_.dead));
  command_.add(records_);
  command_.add(stock_);
  command_.add(replies_);
  command_.add(previous);
  command_.add(options_.dedup_window.count());
  command_.add(requests_);
  command_.add(records_.count());
  command_.add(replies_.count());
  command_.add(arguments_);
  if (asked) command_.add(options_.reply_ttl.count());
  command_.add(asked_);
  return command_;
}

}  // namespace orderd::lane
