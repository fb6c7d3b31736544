// Showing stock. Values are read with one GET each, a page at a time: MGET does not distinguish a key of another type
// from a missing one.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "order/name_rules.h"
#include "orderctl/stock.h"
#include "shared/client.h"
#include "shared/options.h"
#include "shared/output.h"

namespace orderd::tools {
namespace {

using valkey::Command;

constexpr std::size_t kPageKeys = 1000;
constexpr std::size_t kShownValueBytes = 40;

// Prints one SKU after another.
class Printer {
 public:
  explicit Printer(bool json) : json_(json) {}

  void good(const std::string& sku, uint64_t stock) {
    if (json_) return print_json({{"sku", sku}, {"stock", stock}});
    table_.add({{shown(sku)}, {std::to_string(stock)}, {}});
  }
  // `problem`: the reason with which an order for it would be rejected.
  void bad(const std::string& sku, const char* problem, const std::string& detail) {
    if (json_) return print_json({{"sku", sku}, {"stock", Json()}, {"problem", problem}, {"detail", detail}});
    table_.add({{shown(sku)}, {"-"}, {detail, Color::kRed}});
  }
  void end_page() {
    if (!json_) table_.print();
  }

 private:
  const bool json_;
  Table table_{{{"SKU", Table::Align::kLeft, 20}, {"STOCK", Table::Align::kRight, 10}, {""}}};
};

// Reads and prints the stock of `skus`, at most a page of them; returns how many have no usable stock. `missing`: SKUs
// without stock are printed too.
Result<std::size_t> print_page(Client& client, const order::KeyTemplate& keys, const std::vector<std::string>& skus,
                               bool missing, Printer& printer) {
  for (const std::string& sku : skus) client.append(Command::of("GET", keys.key(sku)));
  std::size_t bad = 0;
  for (const std::string& sku : skus) {
    const auto reply = client.read();
    if (!reply) return reply.failure();
    const std::string_view text = (*reply)->text();
    const auto stock = whole_of(text);
    const char* problem = order::problem_of_sku(sku);
    if ((*reply)->is_nil() && !missing) continue;
    if (!(*reply)->is_nil() && !(*reply)->is_error() && stock && problem == nullptr) {
      printer.good(sku, *stock);
      continue;
    }
    ++bad;
    if ((*reply)->is_nil()) {
      printer.bad(sku, "unknown_sku", "no stock");
    } else if (problem != nullptr) {
      printer.bad(sku, "malformed", std::string("not a valid SKU: it ") + problem);
    } else if (!(*reply)->is_error()) {
      const bool cut = text.size() > kShownValueBytes;
      printer.bad(sku, "bad_stock",
                  "not a whole number from 0 to 9007199254740991: '" + shown(text.substr(0, kShownValueBytes)) +
                      (cut ? "...'" : "'"));
    } else if (text.starts_with("WRONGTYPE")) {
      printer.bad(sku, "bad_stock", "the key does not hold a string");
    } else {
      return Failure{client.explain(text)};
    }
  }
  printer.end_page();
  return bad;
}

// The stock keys as SCAN finds them.
class Scan {
 public:
  explicit Scan(const order::KeyTemplate& keys) : before_(keys.before()), after_(keys.after()) {}

  [[nodiscard]] bool done() const { return done_; }
  // Some more SKUs; may be none at all.
  Result<std::vector<std::string>> next(Client& client) {
    const auto reply =
        client.ask(Command::of("SCAN", cursor_, "MATCH", escaped(before_) + "*" + escaped(after_), "COUNT", kPageKeys));
    if (!reply) return reply.failure();
    cursor_ = (*reply)->at(0).text();
    done_ = cursor_ == "0";
    std::vector<std::string> skus;
    const valkey::Reply keys = (*reply)->at(1);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      std::string_view key = keys.at(i).text();
      key.remove_prefix(before_.size());
      key.remove_suffix(after_.size());
      skus.emplace_back(key);
    }
    return skus;
  }

 private:
  static std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
      if (std::string_view(R"(\*?[])").find(c) != std::string_view::npos) out.push_back('\\');
      out.push_back(c);
    }
    return out;
  }

  std::string before_;
  std::string after_;
  std::string cursor_ = "0";
  bool done_ = false;
};

Result<int> list_unsorted(Client& client, Scan& scan, const order::KeyTemplate& keys, Printer& printer) {
  while (!scan.done()) {
    const auto skus = scan.next(client);
    if (!skus) return skus.failure();
    const auto bad = print_page(client, keys, *skus, false, printer);
    if (!bad) return bad.failure();
  }
  return kDone;
}

Result<int> list_sorted(Client& client, Scan& scan, const order::KeyTemplate& keys, Printer& printer) {
  std::vector<std::string> all;
  while (!scan.done()) {
    auto skus = scan.next(client);
    if (!skus) return skus.failure();
    std::move(skus->begin(), skus->end(), std::back_inserter(all));
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  for (std::size_t at = 0; at < all.size() || at == 0; at += kPageKeys) {
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(at);
    const auto last = all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), at + kPageKeys));
    const std::vector<std::string> page(first, last);
    const auto bad = print_page(client, keys, page, false, printer);
    if (!bad) return bad.failure();
  }
  return kDone;
}

}  // namespace

Result<int> get_stock(const Context& context, const std::vector<std::string>& skus) {
  auto client = Client::connect(context.settings);
  if (!client) return client.failure();
  Printer printer(context.json);
  const auto bad = print_page(*client, context.settings.stock_keys(), skus, true, printer);
  if (!bad) return bad.failure();
  return *bad == 0 ? kDone : kFailed;
}

Result<int> list_stock(const Context& context, bool sorted) {
  auto client = Client::connect(context.settings);
  if (!client) return client.failure();
  Printer printer(context.json);
  const order::KeyTemplate keys = context.settings.stock_keys();
  Scan scan(keys);
  return sorted ? list_sorted(*client, scan, keys, printer) : list_unsorted(*client, scan, keys, printer);
}

}  // namespace orderd::tools
