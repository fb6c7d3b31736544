// A read-only view of hiredis' reply; an accessor of the wrong type returns an empty value.
#include "valkey/reply.h"

#include <hiredis/hiredis.h>

namespace orderd::valkey {
namespace {

bool is(const redisReply* raw, int type) {
  return raw != nullptr && raw->type == type;
}

}  // namespace

bool Reply::is_error() const {
  return is(raw_, REDIS_REPLY_ERROR);
}
bool Reply::is_nil() const {
  return is(raw_, REDIS_REPLY_NIL);
}
bool Reply::is_array() const {
  return is(raw_, REDIS_REPLY_ARRAY);
}
bool Reply::is_string() const {
  return is(raw_, REDIS_REPLY_STRING) || is(raw_, REDIS_REPLY_STATUS);
}
bool Reply::is_integer() const {
  return is(raw_, REDIS_REPLY_INTEGER);
}

std::string_view Reply::text() const {
  if (!is_string() && !is_error()) return {};
  return {raw_->str, raw_->len};
}

int64_t Reply::integer() const {
  return is_integer() ? raw_->integer : 0;
}

std::size_t Reply::size() const {
  return is_array() ? raw_->elements : 0;
}

Reply Reply::at(std::size_t index) const {
  return Reply(index < size() ? raw_->element[index] : nullptr);
}

ErrorKind Reply::error() const {
  if (lost()) return ErrorKind::kLost;
  return is_error() ? classify(text()) : ErrorKind::kNone;
}

}  // namespace orderd::valkey
