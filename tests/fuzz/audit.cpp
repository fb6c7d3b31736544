// Fuzzes the audit against the daemon: each has its own request decoder, and both must agree. Also fuzzes the audit's
// decoder for results with arbitrary fields.
//
// Input: as for the target `request`.
#include "audit/request_decoder.h"
#include "audit/result_entry.h"
#include "base/check.h"
#include "fuzz/orders.h"

namespace orderd::fuzz {
namespace {

audit::Content content_of(const order::Request& request) {
  audit::Content content;
  content.set_customer(request.customer);
  for (const order::Line& line : request.lines) content.add_line(line.sku, line.quantity);
  return content;
}

void check_agreement(const order::Fields& fields, const order::Limits& limits) {
  order::Decoder decoder(limits);
  const Decoded ours = decode(decoder, fields);
  audit::DecodedRequest theirs;
  audit::RequestDecoder({limits.max_quantity, limits.max_lines}).decode(fields, theirs);
  ORDERD_CHECK(ours.good != theirs.malformed, ours.good ? "good for orderd" : ours.detail.c_str());
  ORDERD_CHECK(ours.request.id == theirs.order, "another id");
  ORDERD_CHECK(ours.request.customer == theirs.customer, "another customer");
  ORDERD_CHECK(!ours.good || content_of(ours.request).digest() == theirs.content.digest(), "another content");
}

void check_result(const order::Fields& fields) {
  audit::ResultDecoder decoder;
  audit::ResultEntry entry;
  const char* problem = decoder.decode(fields, entry);
  ORDERD_CHECK(problem == nullptr || *problem != '\0', "a problem without a text");
  if (problem == nullptr) (void)entry.content();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  const Entry entry(data, size);
  check_agreement(entry.fields, kLimits[entry.limits]);
  check_result(entry.fields);
  return 0;
}

}  // namespace orderd::fuzz
