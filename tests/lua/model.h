// A second, simple implementation of the rules of settle.lua and join.lua, without a server.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "shop.h"

namespace orderd::test {

class Model {
 public:
  // An entry of the results stream. The model cannot know the IDs that the server assigns: confirm() fills them in.
  struct Result : Entry {
    std::optional<std::size_t> original;  // of a duplicate: the place of the first result
  };
  struct Waiting {
    std::string id, order;
  };
  struct Stream {
    std::vector<Waiting> entries;
    std::string last = "0-0";
    int64_t added = 0;
  };
  struct Position {
    std::string id, result, floor = "0-0", start = "0-0";
    int64_t count = 0;
    std::optional<int64_t> base;
  };
  struct Record {
    std::string content;
    bool accepted;
    std::size_t result;
  };

  std::map<std::string, std::string> stock;
  std::set<std::string> no_stock;                        // keys of another type
  std::map<std::string, std::optional<Record>> records;  // nullopt: a foreign value
  std::set<std::string> no_record;                       // record keys of another type
  std::optional<Position> position;
  Stream stream;
  std::vector<Result> results;  // all that were ever written
  std::size_t trimmed = 0;      // how many of them are gone, the oldest ones
  std::size_t letters = 0;
  bool undone = false;  // a result was written and undone, because its record's key is of another type

  std::string settle(const Call& call);
  std::string join();
  // Compares the last call's results with those of the server and stores their IDs. Returns the difference, if any.
  std::string confirm(const std::vector<Entry>& written);
  void push(const std::string& id, const Request& request);

 private:
  char decide(const std::string& request, const Order& order, bool keep_record);
  char take(const Order& order, Fields& outcome);
  [[nodiscard]] std::vector<const Result*> naming() const;
  [[nodiscard]] bool is_new(const Waiting& entry) const;
  [[nodiscard]] bool restart(std::string& wrong);

  std::size_t confirmed_ = 0;
};

}  // namespace orderd::test
