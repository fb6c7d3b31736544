// The cluster or the sentinels, if configured, else the one server of valkey.url.
#include "settings/topology.h"

#include "valkey/sentinels.h"
#include "valkey/slot.h"

namespace orderd::settings {

Topologies::Topologies(Loop& loop, const Settings& settings) {
  if (settings.valkey.cluster) {
    cluster_ = std::make_unique<valkey::Cluster>(loop, [&settings] { return settings.endpoints(); });
    for (std::size_t i = 0; i < settings.lanes().names().size(); ++i) {
      lanes_.push_back(cluster_->topology(valkey::slot_of(settings.for_lane(i).streams.orders)));
    }
  } else if (settings.has_sentinels()) {
    lanes_.push_back(std::make_unique<valkey::Sentinels>(loop, [&settings] { return settings.service(); }));
  } else {
    lanes_.push_back(std::make_unique<valkey::SingleNode>([&settings] { return settings.endpoint(); }));
  }
}

Result<valkey::Endpoint> find_primary(const Settings& settings, const std::string& client_name) {
  if (settings.valkey.cluster) {
    const auto seeds = settings.endpoints();
    if (!seeds) return seeds.failure();
    return valkey::ask_cluster(*seeds, valkey::slot_of(settings.streams.orders), client_name);
  }
  if (!settings.has_sentinels()) return settings.endpoint();
  const auto service = settings.service();
  if (!service) return service.failure();
  return valkey::ask_sentinels(*service, client_name);
}

}  // namespace orderd::settings
