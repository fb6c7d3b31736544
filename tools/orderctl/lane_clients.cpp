// The merge holds a page of each lane and takes the entry with the smallest ID, or the largest.
#include "orderctl/lane_clients.h"

#include <nlohmann/json.hpp>

namespace orderd::tools {
namespace {

struct LanePages {
  EntryPages pages;
  std::vector<Entry> entries = {};  // of the current page
  std::size_t at = 0;
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
  std::vector<LanePages> lanes;
  for (std::size_t i = 0; i < context.lanes.size(); ++i) {
    const auto client = clients.of(i);
    if (!client) return client.failure();
    lanes.push_back({EntryPages(**client, stream(context.lanes[i]), range)});
  }
  for (;;) {
    std::size_t next = lanes.size();
    StreamId next_id;
    for (std::size_t i = 0; i < lanes.size(); ++i) {
      auto& [pages, entries, at] = lanes[i];
      if (at == entries.size()) {
        auto page = pages.next();
        if (!page) return page.failure();
        entries = std::move(*page);
        at = 0;
      }
      if (entries.empty()) continue;
      const StreamId id = StreamId::parse(entries[at].id).value_or(StreamId{});
      // Of the same ID: backwards the last lane first, so that it is the same order from the other end.
      if (next < lanes.size() && (range.back ? id < next_id : id >= next_id)) continue;
      next = i;
      next_id = id;
    }
    if (next == lanes.size() || !each(next, lanes[next].entries[lanes[next].at++])) return true;
  }
}

}  // namespace orderd::tools
