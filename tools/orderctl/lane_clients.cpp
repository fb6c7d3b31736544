// The merge holds a page of each lane and takes the entry with the smallest ID, or the largest.
#include "orderctl/lane_clients.h"

#include <nlohmann/json.hpp>

namespace orderd::tools {
namespace {

// The entries of one lane, one by one.
class LaneEntries {
 public:
  LaneEntries(Client& client, std::string stream, const Range& range) : pages_(client, std::move(stream), range) {}

  // The entry that comes next; null: there is none.
  Result<const Entry*> peek() {
    if (at_ == entries_.size()) {
      auto page = pages_.next();
      if (!page) return page.failure();
      entries_ = std::move(*page);
      at_ = 0;
    }
    return at_ < entries_.size() ? &entries_[at_] : nullptr;
  }
  void pop() { ++at_; }

 private:
  EntryPages pages_;
  std::vector<Entry> entries_;
  std::size_t at_ = 0;
};

}  // namespace

std::string of_lane(const Context& context, const settings::Settings& lane) {
  return context.several() ? "lane '" + lane.lane_name() + "': " : "";
}

std::string lane_flag(const settings::Settings& lane) {
  return lane.lane_name().empty() ? "" : " --lane " + lane.lane_name();
}

Json with_lane(const Context& context, std::size_t lane, Json json) {
  if (!context.several()) return json;
  Json out = {{"lane", context.lanes[lane].lane_name()}};
  out.update(json);
  return out;
}

Result<Client*> LaneClients::of(std::size_t lane) {
  if (!clients_[lane]) {
    auto client = Client::connect(context_.lanes[lane]);
    if (!client) return Failure{of_lane(context_, context_.lanes[lane]) + client.error()};
    clients_[lane].emplace(std::move(*client));
  }
  return &*clients_[lane];
}

Result<bool> read_merged(const Context& context, LaneClients& clients, const StreamOf& stream, const Range& range,
                         const std::function<bool(std::size_t lane, const Entry& entry)>& each) {
  std::vector<LaneEntries> lanes;
  for (std::size_t i = 0; i < context.lanes.size(); ++i) {
    const auto client = clients.of(i);
    if (!client) return client.failure();
    lanes.emplace_back(**client, stream(context.lanes[i]), range);
  }
  for (;;) {
    const Entry* next = nullptr;
    std::size_t next_lane = 0;
    StreamId next_id;
    for (std::size_t i = 0; i < lanes.size(); ++i) {
      const auto entry = lanes[i].peek();
      if (!entry) return entry.failure();
      if (*entry == nullptr) continue;
      const StreamId id = parse_id((*entry)->id).value_or(StreamId{});
      // Of the same ID: backwards the last lane first, so that it is the same order from the other end.
      if (next != nullptr && (range.back ? id < next_id : id >= next_id)) continue;
      next = *entry;
      next_lane = i;
      next_id = id;
    }
    if (next == nullptr || !each(next_lane, *next)) return true;
    lanes[next_lane].pop();
  }
}

}  // namespace orderd::tools
