// Result<T>: a value, or one sentence that says what is wrong and names the thing. For failures a caller has to handle;
// outcomes of an order are data, bugs are ORDERD_CHECK.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "base/check.h"

namespace orderd {

struct Failure {
  std::string what;
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : held_(std::in_place_index<0>, std::move(value)) {}            // NOLINT(google-explicit-constructor)
  Result(Failure failure) : held_(std::in_place_index<1>, std::move(failure)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const { return held_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // Only if ok().
  T& value() {
    ORDERD_CHECK(ok(), "value() of a failed result");
    return std::get<0>(held_);
  }
  const T& value() const {
    ORDERD_CHECK(ok(), "value() of a failed result");
    return std::get<0>(held_);
  }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // Only if not ok().
  [[nodiscard]] const std::string& error() const {
    ORDERD_CHECK(!ok(), "error() of a good result");
    return std::get<1>(held_).what;
  }
  [[nodiscard]] Failure failure() const { return Failure{error()}; }

 private:
  std::variant<T, Failure> held_;
};

}  // namespace orderd
