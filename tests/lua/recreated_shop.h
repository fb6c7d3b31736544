// A shop whose orders stream will be recreated or replaced.
#pragma once

#include "shop.h"

namespace orderd::test {

// Twenty requests settled, with IDs from 101-0.
class RecreatedShop : public Shop {
 public:
  RecreatedShop() {
    stock("shoe", "1000000");
    next_id(101);
    push_many(20);
    (void)run(rest());
    CHECK(join() == "120-0 20 0 _ _ 0 20");
  }
  // New orders with IDs from `first`.
  void push_new(int first, int count) {
    next_id(first);
    for (int i = 0; i < count; ++i) (void)push(Order{.id = "new-" + std::to_string(++made_)});
  }
  void recreate(int first, int count) {
    (void)at_server({"DEL", orders});
    push_new(first, count);
  }
  // Settles what waits; the IDs of the requests that the new results answer.
  std::string settles() {
    const auto before = results().size();
    if (const Call waiting = rest(); !waiting.requests.empty()) (void)run(waiting);
    return of_results("request", before);
  }
  // New orders, and nothing else, are settled.
  void settles_new(int first, int count) {
    push_new(first, count);
    std::string ids;
    for (int i = first; i < first + count; ++i) ids += std::to_string(i) + "-0 ";
    CHECK(settles() == ids);
  }
  // The orders stream is renamed, and renamed back.
  void rename_away() { (void)at_server({"RENAME", orders, "away"}); }
  void rename_back() { (void)at_server({"RENAME", "away", orders}); }
  // Joining repeatedly never restores a result of the previous stream.
  void stays(const std::string& answer) {
    for (int i = 0; i < 3; ++i) CHECK(join() == answer);
  }
  std::string dump() { return at_server({"DUMP", orders}); }
  void restore(const std::string& dump) { (void)at_server({"RESTORE", orders, "0", dump, "REPLACE"}); }

 private:
  int made_ = 0;
};

}  // namespace orderd::test
