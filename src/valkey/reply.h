// A view of one reply. Valid only inside the callback that gets it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "valkey/error.h"

struct redisReply;

namespace orderd::valkey {

class Reply {
 public:
  // `raw` may be null: the connection was lost; whether the command was executed is unknown.
  explicit Reply(const redisReply* raw) : raw_(raw) {}

  [[nodiscard]] bool lost() const { return raw_ == nullptr; }
  [[nodiscard]] bool is_error() const;
  [[nodiscard]] bool is_nil() const;
  [[nodiscard]] bool is_array() const;
  [[nodiscard]] bool is_string() const;  // a bulk or a simple string
  [[nodiscard]] bool is_integer() const;

  // Bytes of a string, a simple string or an error; empty for anything else.
  [[nodiscard]] std::string_view text() const;
  // 0 for anything but an integer.
  [[nodiscard]] int64_t integer() const;
  // 0 for anything but an array.
  [[nodiscard]] std::size_t size() const;
  // lost() if there is no such element.
  [[nodiscard]] Reply at(std::size_t index) const;
  // The kind of an error; kLost if lost(); otherwise kNone.
  [[nodiscard]] ErrorKind error() const;

 private:
  const redisReply* raw_;
};

}  // namespace orderd::valkey
