// Fuzzes the request decoder: for any fields, the answer follows docs/contract.md.
//
// Input: see Entry.
#include <nlohmann/json.hpp>

#include "base/check.h"
#include "fuzz/orders.h"
#include "order/decode.h"

namespace orderd::fuzz {
namespace {

// Reused across runs: an answer must not depend on earlier requests.
order::Decoder& warm_decoder(std::size_t limits) {
  static order::Decoder decoders[] = {order::Decoder(kLimits[0]), order::Decoder(kLimits[1]),
                                      order::Decoder(kLimits[2]), order::Decoder(kLimits[3])};
  return decoders[limits];
}

// Text that another parser does not accept as JSON is not an order. What that parser rejects beyond the grammar (lone
// surrogates, numbers too large for a double) does not matter here.
void check_json(const order::Fields& fields, bool good) {
  const std::string_view* text = nullptr;
  for (std::size_t i = 0; i < fields.size(); i += 2) {
    if (fields[i] == "order") text = &fields[i + 1];
  }
  if (!good || text == nullptr) return;
  try {
    ORDERD_CHECK(nlohmann::json::parse(*text).is_object(), "an order that is not an object");
  } catch (const nlohmann::json::out_of_range&) {
  } catch (const nlohmann::json::parse_error& error) {
    ORDERD_CHECK(std::string_view(error.what()).find("surrogate") != std::string_view::npos, error.what());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  const auto [limits, fields] = Entry(data, size);
  order::Decoder& decoder = warm_decoder(limits);
  const Decoded answer = decode(decoder, fields);
  const std::string broken = test::broken_rule(answer, kLimits[limits]);
  ORDERD_CHECK(broken.empty(), broken.c_str());
  check_json(fields, answer.good);
  order::Decoder fresh(kLimits[limits]);
  ORDERD_CHECK(decode(fresh, fields) == answer, "a new decoder answers differently");
  ORDERD_CHECK(decode(decoder, fields) == answer, "the same decoder answers differently the second time");
  if (answer.good) check_meaning(answer.request);
  return 0;
}

}  // namespace orderd::fuzz
