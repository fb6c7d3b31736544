// Visits every part of a reply, as its readers do.
#pragma once

#include <cstddef>

#include "base/check.h"
#include "valkey/reply.h"

namespace orderd::fuzz {

// How many parts it has.
inline std::size_t walk(const valkey::Reply& reply) {
  ORDERD_CHECK(reply.at(reply.size()).lost(), "an element after the last one");
  ORDERD_CHECK(reply.integer() == 0 || reply.is_integer(), "integer() of another type");
  ORDERD_CHECK(reply.text().empty() || reply.is_string() || reply.is_error(), "text() of another type");
  ORDERD_CHECK((reply.error() != valkey::ErrorKind::kNone) == (reply.is_error() || reply.lost()),
               "error of another type");
  std::size_t parts = 1;
  for (std::size_t i = 0; i < reply.size(); ++i) parts += walk(reply.at(i));
  return parts;
}

}  // namespace orderd::fuzz
