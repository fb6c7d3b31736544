// Showing stock. Values are read with one GET each, a page at a time: MGET does not distinguish a key of another type
// from a missing one.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "order/name_rules.h"
#include "orderctl/lane_clients.h"
#include "orderctl/stock.h"
#include "shared/client.h"
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

  void good(const Wanted& wanted, uint64_t stock) {
    const std::size_t owner = all_.of(wanted.sku);
    const bool elsewhere = owner != context_.lanes[wanted.lane].lane;
    const std::string detail =
        elsewhere ? "not sold: the SKU belongs to lane '" + all_.names()[owner] + "'" : std::string();
    if (context_.json) {
      Json out = {{"sku", wanted.sku}, {"stock", stock}};
      if (elsewhere) out.update({{"problem", "wrong_lane"}, {"detail", detail}});
      return print_json(with_lane(context_, wanted.lane, std::move(out)));
    }
    add(wanted, {std::to_string(stock)}, {detail, Color::kYellow});
  }
  // `problem`: the reason with which an order for it would be rejected.
  void bad(const Wanted& wanted, const char* problem, const std::string& detail) {
    if (context_.json) {
      return print_json(with_lane(context_, wanted.lane,
                                  {{"sku", wanted.sku}, {"stock", Json()}, {"problem", problem}, {"detail", detail}}));
    }
    add(wanted, {"-"}, {detail, Color::kRed});
  }
  void end_page() {
    if (!context_.json) table_.print();
  }

 private:
  void add(const Wanted& wanted, Cell stock, Cell detail) {
    table_.add({{shown(wanted.sku)}, {context_.lanes[wanted.lane].lane_name()}, std::move(stock), std::move(detail)});
  }

  const Context& context_;
  const order::Lanes all_;
  Table table_;
};

// Prints what a stock key holds. False: no usable stock. `missing`: an SKU without stock is printed, too.
bool print_stock(const Wanted& wanted, valkey::Reply held, bool missing, Printer& printer) {
  const std::string_view text = held.text();
  const auto stock = whole_of(text);
  const char* problem = order::problem_of_sku(wanted.sku);
  if (held.is_nil() && !missing) return true;
  if (!held.is_nil() && !held.is_error() && stock && problem == nullptr) {
    printer.good(wanted, *stock);
    return true;
  }
  if (held.is_nil()) {
    printer.bad(wanted, "unknown_sku", "no stock");
  } else if (problem != nullptr) {
    printer.bad(wanted, "malformed", std::string("not a valid SKU: it ") + problem);
  } else if (!held.is_error()) {
    const bool cut = text.size() > kShownValueBytes;
    printer.bad(wanted, "bad_stock",
                "not a whole number from 0 to 9007199254740991: '" + shown(text.substr(0, kShownValueBytes)) +
                    (cut ? "...'" : "'"));
  } else {
    printer.bad(wanted, "bad_stock", "the key does not hold a string");
  }
  return false;
}

// Reads and prints the stock of `page`; returns how many have no usable stock.
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
    bad += print_stock(wanted, reply->view(), missing, printer) ? 0 : 1;
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
