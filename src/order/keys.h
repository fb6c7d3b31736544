// Key names: templates such as `product:<sku>:stock` and `order:<id>`.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace orderd::order {

// A template with one placeholder in it, cut in two.
class KeyTemplate {
 public:
  // `placeholder` with its brackets: "<sku>". Fails unless it stands in `text` just once.
  [[nodiscard]] static Result<KeyTemplate> parse(std::string_view text, std::string_view placeholder);

  // Appends the key of `name` to `out`.
  void append(std::string_view name, std::string& out) const;
  [[nodiscard]] std::string key(std::string_view name) const;

  // May a key of this template ever equal one of `other`, or the fixed name `other`? Errs on the side of yes. A
  // producer chooses ids and SKUs: no choice of theirs may reach a key of another kind.
  [[nodiscard]] bool may_collide(const KeyTemplate& other) const;
  [[nodiscard]] bool may_collide(std::string_view fixed) const;

 private:
  KeyTemplate(std::string before, std::string after) : before_(std::move(before)), after_(std::move(after)) {}
  std::string before_;
  std::string after_;
};

}  // namespace orderd::order
