// Key names: templates such as `product:<sku>:stock` and `<orders>:order:<id>`.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace orderd::order {

// In key names this is replaced by the name of the orders stream.
inline constexpr std::string_view kOrdersPlaceholder = "<orders>";

// `text` with each `<orders>` in it replaced by `orders`. `orders` itself is taken literally.
[[nodiscard]] std::string with_orders(std::string_view text, std::string_view orders);

// orderd's own keys for an orders stream.
[[nodiscard]] std::string position_key(std::string_view orders);  // hash: the last settled request
[[nodiscard]] std::string owner_key(std::string_view orders);     // string with a TTL: the active daemon
[[nodiscard]] std::string standby_key(std::string_view orders);   // sorted set: the standby daemons

// A template with one placeholder, split into the text before it and the text after it.
class KeyTemplate {
 public:
  // `placeholder` includes its brackets: "<sku>". Fails unless `text` contains it exactly once.
  [[nodiscard]] static Result<KeyTemplate> parse(std::string_view text, std::string_view placeholder);

  // The same template with each `<orders>` replaced. Replace it after parse(), not before: a stream's name may contain
  // "<sku>" or "<id>", and that is not a placeholder.
  [[nodiscard]] KeyTemplate with_orders(std::string_view orders) const;

  // Appends the key of `name` to `out`.
  void append(std::string_view name, std::string& out) const;
  [[nodiscard]] std::string key(std::string_view name) const;

  // Whether a key of this template can ever equal a key of `other`, or the fixed name `fixed`. Producers choose IDs and
  // SKUs, so this assumes every possible name; it may return true although no valid name collides.
  [[nodiscard]] bool may_collide(const KeyTemplate& other) const;
  [[nodiscard]] bool may_collide(std::string_view fixed) const;

  [[nodiscard]] const std::string& before() const { return before_; }
  [[nodiscard]] const std::string& after() const { return after_; }

 private:
  KeyTemplate(std::string before, std::string after) : before_(std::move(before)), after_(std::move(after)) {}
  std::string before_;
  std::string after_;
};

}  // namespace orderd::order
