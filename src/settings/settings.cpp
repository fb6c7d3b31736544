// Values derived from several settings.
#include "settings/settings.h"

#include "settings/password_file.h"

namespace orderd::settings {

Result<valkey::Endpoint> Settings::endpoint() const {
  auto all = endpoints();
  if (!all) return all.failure();
  return std::move(all->front());
}

Result<std::vector<valkey::Endpoint>> Settings::endpoints() const {
  auto all = valkey::parse_urls(valkey.url);
  if (!all) return Failure{"valkey.url: " + all.error()};
  std::string password;
  if (!valkey.password_file.empty()) {
    auto read = read_password_file(valkey.password_file);
    if (!read) return Failure{"valkey.password_file: \"" + valkey.password_file + "\": " + read.error()};
    password = std::move(*read);
  }
  for (valkey::Endpoint& endpoint : *all) {
    if (!valkey.username.empty()) endpoint.username = valkey.username;
    if (!password.empty()) endpoint.password = password;
    endpoint.tls_files = tls_files();
    endpoint.tls_name = valkey.tls_server_name;
    endpoint.cluster = valkey.cluster;
  }
  return all;
}

Result<valkey::Service> Settings::service() const {
  auto server = endpoint();
  if (!server) return server.failure();
  auto sentinels = valkey::parse_addresses(valkey.sentinels, valkey::kSentinelPort);
  if (!sentinels) return Failure{"valkey.sentinels: " + sentinels.error()};
  std::string password;
  if (!valkey.sentinel_password_file.empty()) {
    auto read = read_password_file(valkey.sentinel_password_file);
    if (!read) {
      return Failure{"valkey.sentinel_password_file: \"" + valkey.sentinel_password_file + "\": " + read.error()};
    }
    password = std::move(*read);
  }
  for (valkey::Endpoint& sentinel : *sentinels) {
    sentinel.tls = server->tls;
    sentinel.tls_files = server->tls_files;
    sentinel.tls_name = server->tls_name;
    sentinel.username = valkey.sentinel_username;
    sentinel.password = password;
  }
  return valkey::Service{std::move(*sentinels), valkey.service, std::move(*server)};
}

valkey::TlsFiles Settings::tls_files() const {
  return {valkey.tls_ca_file, valkey.tls_cert_file, valkey.tls_key_file};
}

order::Lanes Settings::lanes() const {
  return *order::Lanes::parse(streams.lanes);
}

Settings Settings::for_lane(std::size_t index) const {
  Settings made = *this;
  const order::Lanes all = lanes();
  made.lane = index;
  made.lane_name_ = all.names().at(index);
  if (!all.named()) return made;
  for (std::string* name : {&made.streams.orders, &made.streams.results, &made.streams.dead, &made.keys.stock,
                            &made.keys.order, &made.keys.reply}) {
    *name = order::with_lane(*name, made.lane_name_);
  }
  return made;
}

std::string Settings::dead() const {
  return order::with_orders(streams.dead, streams.orders);
}

order::KeyTemplate Settings::stock_keys() const {
  return order::KeyTemplate::parse(keys.stock, "<sku>")->with_orders(streams.orders);
}

order::KeyTemplate Settings::order_keys() const {
  return order::KeyTemplate::parse(keys.order, "<id>")->with_orders(streams.orders);
}

order::KeyTemplate Settings::reply_keys() const {
  return order::KeyTemplate::parse(keys.reply, "<to>")->with_orders(streams.orders);
}

order::Limits Settings::limits() const {
  return {processing.max_quantity, processing.max_lines};
}

}  // namespace orderd::settings
