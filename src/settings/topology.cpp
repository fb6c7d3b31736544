// Sentinels where they are named, else the one server of valkey.url.
#include "settings/topology.h"

#include "valkey/sentinels.h"

namespace orderd::settings {

Topologies::Topologies(Loop& loop, const Settings& settings) {
  if (settings.has_sentinels()) {
    lanes_.push_back(std::make_unique<valkey::Sentinels>(loop, [&settings] { return settings.service(); }));
  } else {
    lanes_.push_back(std::make_unique<valkey::SingleNode>([&settings] { return settings.endpoint(); }));
  }
}

Result<valkey::Endpoint> find_primary(const Settings& settings, const std::string& client_name) {
  if (!settings.has_sentinels()) return settings.endpoint();
  const auto service = settings.service();
  if (!service) return service.failure();
  return valkey::ask_sentinels(*service, client_name);
}

}  // namespace orderd::settings
