// Which lane a recorded request is pushed to: that of its first SKU, as every producer does it.
#pragma once

#include <string>

#include "order-replay/recording.h"
#include "order/decode.h"
#include "shared/program.h"

namespace orderd::replay {

class Route {
 public:
  explicit Route(const tools::Context& context)
      : lanes_(context.whole.lanes()), count_(context.lanes.size()), decoder_(context.whole.limits()) {}

  // How many lanes the command is for.
  [[nodiscard]] std::size_t lanes() const { return count_; }
  // The index in Context::lanes. A request whose SKU cannot be read goes to the first one.
  [[nodiscard]] std::size_t of_request(const Recorded& line) {
    if (count_ == 1) return 0;
    if (!line.sku.empty()) return of_sku(line.sku);
    (void)decoder_.decode(line.fields, request_, detail_);
    return request_.lines.empty() ? 0 : of_sku(request_.lines.front().sku);
  }
  [[nodiscard]] std::size_t of_sku(std::string_view sku) const { return count_ == 1 ? 0 : lanes_.of(sku); }

 private:
  order::Lanes lanes_;
  std::size_t count_;
  order::Decoder decoder_;
  order::Request request_;  // kept for its memory
  std::string detail_;
};

}  // namespace orderd::replay
