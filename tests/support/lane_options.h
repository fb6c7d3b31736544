// A lane's options with the default names of streams and keys.
#pragma once

#include "lane/options.h"

namespace orderd::test {

[[nodiscard]] inline lane::Options lane_options() {
  return {.orders = "orders",
          .results = "results",
          .dead = "orders:dead",
          .group = "orderd",
          .name = "me",
          .stock_keys = *order::KeyTemplate::parse("product:<sku>:stock", "<sku>"),
          .order_keys = *order::KeyTemplate::parse("orders:order:<id>", "<id>"),
          .reply_keys = *order::KeyTemplate::parse("orders:reply:<to>", "<to>"),
          .limits = {}};
}

}  // namespace orderd::test
