// Showing stock. Values are read with one GET each, a page at a time: MGET does not distinguish a key of another type
// from a missing one.
#include <algorithm>
#include <optional>
#include <string_view>

#include "order/name_rules.h"
#include "orderctl/lane_clients.h"
#include "orderctl/stock.h"
#include "shared/client.h"
#include "shared/json.h"
#include "shared/options.h"
#include "shared/output.h"
#include "shared/table.h"

namespace orderd::tools {
namespace {

using valkey::Command;

constexpr std::size_t kPageKeys = 1000;
constexpr std::size_t kShownValueBytes = 40;

// An SKU, and in which of Context::lanes its stock is.
struct Wanted {
  std::string sku;
  std::size_t lane = 0;
  auto operator<=>(const Wanted&) const = default;  // NOLINT(modernize-use-nullptr): not in what is written here
};

// What is found of an SKU.
struct Found {
  std::optional<uint64_t> stock;  // nothing: no usable stock
  const char* problem = nullptr;  // why an order for it would be rejected
  std::string detail;
};

// `reply`: of GET for the stock key.
Found found_in(const Wanted& wanted, valkey::Reply reply) {
  const std::string_view text = reply.text();
  if (reply.is_nil()) return {std::nullopt, "unknown_sku", "no stock"};
  if (const char* problem = order::problem_of_sku(wanted.sku); problem != nullptr) {
    return {std::nullopt, "malformed", std::string("not a valid SKU: it ") + problem};
  }
  if (reply.is_error()) return {std::nullopt, "bad_stock", "the key does not hold a string"};
  if (const auto stock = whole_of(text)) return {stock, nullptr, ""};
  const char* end = text.size() > kShownValueBytes ? "...'" : "'";
  return {std::nullopt, "bad_stock",
          "not a whole number from 0 to 9007199254740991: '" + shown(text.substr(0, kShownValueBytes)) + end};
}

// Prints one SKU after another.
class Printer {
 public:
  explicit Printer(const Context& context)
      : context_(context),
        all_(context.settings.lanes()),
        table_({{"SKU", Table::Align::kLeft, 20},
                {"LANE", Table::Align::kLeft, 0, !context.several()},
                {"STOCK", Table::Align::kRight, 10},
                {""}}) {}

  void add(const Wanted& wanted, Found found) {
    const std::size_t owner = all_.of(wanted.sku);
    if (found.stock && owner != context_.lanes[wanted.lane].lane) {
      found.problem = "wrong_lane";
      found.detail = "not sold: the SKU belongs to lane '" + all_.names()[owner] + "'";
    }
    if (context_.json) {
      Json out = {{"sku", wanted.sku}, {"stock", or_null(found.stock)}};
      if (found.problem != nullptr) out.update({{"problem", found.problem}, {"detail", found.detail}});
      return print_json(with_lane(context_, wanted.lane, std::move(out)));
    }
    table_.add({{shown(wanted.sku)},
                {context_.lanes[wanted.lane].lane_name()},
                {found.stock ? std::to_string(*found.stock) : "-"},
                {found.detail, found.stock ? Color::kYellow : Color::kRed}});
  }
  void end_page() {
    if (!context_.json) table_.print();
  }

 private:
  const Context& context_;
  const order::Lanes all_;
  Table table_;
};

// Reads and prints the stock of `page`; returns how many have no usable stock. `missing`: an SKU without stock is
// printed, too.
Result<std::size_t> print_page(const Context& context, LaneClients& clients, const std::vector<Wanted>& page,
                               bool missing, Printer& printer) {
  for (const Wanted& wanted : page) {
    const auto client = clients.of(wanted.lane);
    if (!client) return client.failure();
    (*client)->append(Command::of("GET", context.lanes[wanted.lane].stock_keys().key(wanted.sku)));
  }
  std::size_t bad = 0;
  for (const Wanted& wanted : page) {
    Client& client = **clients.of(wanted.lane);
    const auto reply = client.read();
    if (!reply) return reply.failure();
    if ((*reply)->is_error() && !(*reply)->text().starts_with("WRONGTYPE")) {
      return Failure{client.explain((*reply)->text())};
    }
    if ((*reply)->is_nil() && !missing) continue;
    Found found = found_in(wanted, reply->view());
    bad += found.stock ? 0 : 1;
    printer.add(wanted, std::move(found));
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

}  // namespace

Result<int> get_stock(const Context& context, const std::vector<std::string>& skus) {
  std::vector<Wanted> page;
  for (const std::string& sku : skus) page.push_back({sku, context.lane_of(sku)});
  LaneClients clients(context);
  Printer printer(context);
  const auto bad = print_page(context, clients, page, true, printer);
  if (!bad) return bad.failure();
  return *bad == 0 ? kDone : kFailed;
}

Result<int> list_stock(const Context& context, bool sorted) {
  LaneClients clients(context);
  Printer printer(context);
  std::vector<Wanted> found;
  for (std::size_t lane = 0; lane < context.lanes.size(); ++lane) {
    const auto client = clients.of(lane);
    if (!client) return client.failure();
    Scan scan(context.lanes[lane].stock_keys());
    while (!scan.done()) {
      const auto skus = scan.next(**client);
      if (!skus) return skus.failure();
      for (const std::string& sku : *skus) found.push_back({sku, lane});
      if (sorted) continue;
      const auto bad = print_page(context, clients, found, false, printer);
      if (!bad) return bad.failure();
      found.clear();
    }
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  for (std::size_t at = 0; at < found.size(); at += kPageKeys) {
    const auto first = found.begin() + static_cast<std::ptrdiff_t>(at);
    const auto last = found.begin() + static_cast<std::ptrdiff_t>(std::min(found.size(), at + kPageKeys));
    const auto bad = print_page(context, clients, {first, last}, false, printer);
    if (!bad) return bad.failure();
  }
  if (sorted && found.empty()) printer.end_page();
  return kDone;
}

}  // namespace orderd::tools
