// Decodes the fields of a request entry: the JSON form (one field, `order`) and the flat form (id, customer,
// sku, quantity, reply_to).
#pragma once

#include <memory>
#include <string>

#include "order/request.h"

namespace orderd::order {

// Keeps its buffers between calls, so that decoding an order allocates nothing once warm. Not shared between threads.
class Decoder {
 public:
  explicit Decoder(Limits limits);
  ~Decoder();
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  // Fills `request` and returns true. Or returns false: `detail` is one plain sentence that says which field is wrong
  // and how. It quotes at most 40 bytes of the input, and is valid UTF-8 without control characters. `request` then has
  // the ID, the customer and reply_to if they could be read, and no lines. `fields` has an even number of views. Never
  // throws on any input.
  [[nodiscard]] bool decode(const Fields& fields, Request& request, std::string& detail);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace orderd::order
