#include "order-chaos/moving/nodes.h"

#include <iterator>
#include <numeric>
#include <set>
#include <sstream>

#include "order-chaos/daemon.h"
#include "support/cluster_set.h"
#include "support/valkey_helpers.h"
#include "support/wait_for.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;
using test::command_of;

constexpr std::size_t kPrimaries = 3;
constexpr std::size_t kSentinels = 3;
constexpr auto kAppendOnly = test::ServerOptions::AppendOnly::kEverySecond;

std::string field(const std::string& info, const std::string& name) {
  const std::size_t at = info.find(name + ":");
  if (at == std::string::npos) return "";
  const std::size_t begin = at + name.size() + 1;
  return info.substr(begin, info.find_first_of("\r\n", begin) - begin);
}

// Which node has which slots, according to the reply to CLUSTER NODES; empty while it suspects or has failed a node: an
// election may follow, even if that node is back.
std::string slots_in(const std::string& reply) {
  constexpr std::size_t kFlags = 2, kSlots = 8;  // words of a line before these
  std::set<std::string> owners;
  std::istringstream lines(reply);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream text(line);
    const std::vector<std::string> words{std::istream_iterator<std::string>(text), {}};
    if (words.size() > kFlags && words[kFlags].find("fail") != std::string::npos) return "";
    for (std::size_t i = kSlots; i < words.size(); ++i) owners.insert(words[0] + " " + words[i] + "\n");
  }
  return std::accumulate(owners.begin(), owners.end(), std::string());
}

}  // namespace

Nodes::Nodes(Servers kind, bool tls) : kind_(kind), tls_(tls) {
  if (tls) authority_ = std::make_unique<test::Authority>("chaos");
  data_.reserve(2 * kPrimaries);  // order matters: references to nodes must stay valid
  kind == Servers::kCluster ? make_cluster() : make_sentinels();
  if (!whole(60s)) throw std::runtime_error("the servers did not find each other");
}

Node& Nodes::make_node(std::vector<Node>& nodes, const std::string& label, test::ServerOptions options) {
  Node node;
  node.host = "127.0.1." + std::to_string(++made_);
  const auto line = [&](const std::string& text) { options.config.push_back(text); };
  line("bind 127.0.0.1 " + node.host);
  line("bind-source-addr " + node.host);
  if (tls_) {
    const auto sign = authority_->sign(label + std::to_string(made_), {"IP:" + node.host, "IP:127.0.0.1"});
    node.port = test::free_port();
    line("tls-port " + std::to_string(node.port));
    line("tls-cert-file " + sign.cert);
    line("tls-key-file " + sign.key);
    line("tls-ca-cert-file " + authority_->file());
    line("tls-auth-clients no");
    // Sentinels announce the TLS port.
    if (kind_ == Servers::kSentinels) line("tls-replication yes");
  }
  options.tcp = true;
  node.server = std::make_unique<test::ValkeyServer>(options);
  if (!tls_) node.port = node.server->tcp_endpoint().port;
  nodes.push_back(std::move(node));
  return nodes.back();
}

void Nodes::make_cluster() {
  std::vector<test::ClusterMember> members;
  for (std::size_t i = 0; i < 2 * kPrimaries; ++i) {
    // The default, port + 10,000, does not exist from 55,536 on.
    const std::string bus = std::to_string(test::free_port());
    const Node& node = make_node(
        data_, "node-",
        {.append_only = kAppendOnly,
         .config = {"cluster-enabled yes", "cluster-port " + bus, "cluster-node-timeout 1000",
                    "cluster-require-full-coverage no", "repl-diskless-sync-delay 0",
                    "cluster-announce-ip 127.0.1." + std::to_string(i + 1), "cluster-allow-replica-migration no"}});
    restore(node);
    members.push_back({*node.server, node.host, std::to_string(node.server->tcp_endpoint().port), bus});
  }
  test::form_cluster(members);
}

void Nodes::make_sentinels() {
  test::ServerOptions options{.append_only = kAppendOnly, .config = {"repl-diskless-sync-delay 0"}};
  const Node& first = make_node(data_, "node-", options);
  const std::string port = std::to_string(first.port);
  options.config.push_back("replicaof " + first.host + " " + port);
  make_node(data_, "node-", options);
  for (const Node& node : data_) restore(node);
  for (std::size_t i = 0; i < kSentinels; ++i) {
    make_node(sentinels_, "sentinel-",
              {.config = {"sentinel announce-ip 127.0.1." + std::to_string(made_ + 1),
                          "sentinel monitor shop " + first.host + " " + port + " 2",
                          "sentinel down-after-milliseconds shop 1000", "sentinel failover-timeout shop 3000"},
               .program = "valkey-sentinel"});
  }
}

std::string Nodes::settings(const std::string& password_file) const {
  const auto list = [](const std::vector<Node>& nodes) {
    std::string text;
    for (const Node& node : nodes) text += (text.empty() ? "" : ",") + node.host + ":" + std::to_string(node.port);
    return text;
  };
  std::string text = "[valkey]\nurl = \"" + std::string(tls_ ? "valkeys" : "valkey") + "://" +
                     (kind_ == Servers::kCluster ? list(data_) : "127.0.0.1") + "\"\nusername = \"" + kDaemonUser +
                     "\"\npassword_file = \"" + password_file + "\"\n";
  if (kind_ == Servers::kCluster) text += "cluster = true\n";
  if (kind_ == Servers::kSentinels) text += "sentinels = \"" + list(sentinels_) + "\"\nservice = \"shop\"\n";
  if (tls_) text += "tls_ca_file = \"" + authority_->file() + "\"\n";
  return text;
}

valkey::Endpoint Nodes::at(const std::string& host, uint16_t port) const {
  valkey::Endpoint endpoint;
  endpoint.host = host;
  endpoint.port = port;
  endpoint.tls = tls_;
  if (tls_) endpoint.tls_files.ca = authority_->file();
  return endpoint;
}

Result<valkey::SyncClient> Nodes::find_primary(const std::string& key, test::Random& random,
                                               const valkey::SyncClient::Options& options) const {
  const bool cluster = kind_ == Servers::kCluster;
  const auto& asked = cluster ? data_ : sentinels_;
  const Node& node = asked[random.number(asked.size())];
  auto client = valkey::SyncClient::connect(at(node.host, node.port), options);
  if (!client) return client;
  const auto reply =
      client->call(cluster ? command_of({"XLEN", key}) : command_of({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", "shop"}));
  if (!reply) return reply.failure();
  if (cluster) {
    if (!(*reply)->is_error()) return client;
    const std::string error((*reply)->text());  // "MOVED 3999 127.0.0.1:6381"
    if (!error.starts_with("MOVED ")) return Failure{error};
    const std::size_t host = error.rfind(' ') + 1, port = error.rfind(':') + 1;
    return valkey::SyncClient::connect(
        at(error.substr(host, port - 1 - host), static_cast<uint16_t>(std::stoi(error.substr(port)))), options);
  }
  if ((*reply)->size() != 2) return Failure{"the sentinel knows no primary"};
  const auto port = static_cast<uint16_t>(std::stoi(std::string((*reply)->at(1).text())));
  auto primary = valkey::SyncClient::connect(at(std::string((*reply)->at(0).text()), port), options);
  if (!primary) return primary;
  const auto role = primary->call(command_of({"ROLE"}));
  if (!role || (*role)->at(0).text() != "master") return Failure{"no primary"};
  return primary;
}

valkey::SyncClient Nodes::admin(const Node& node) {
  auto client = valkey::SyncClient::connect(node.server->endpoint(),
                                            {.name = "chaos", .connect_timeout = 500ms, .reply_timeout = 5000ms});
  if (!client) throw std::runtime_error(client.error());
  return std::move(*client);
}

std::string Nodes::tell(const Node& node, const std::vector<std::string>& words) {
  const auto reply = admin(node).call(command_of(words));
  if (!reply) throw std::runtime_error(reply.error());
  const valkey::Reply view = reply->view();
  return (view.is_error() ? "-" : "") + (view.is_integer() ? std::to_string(view.integer()) : std::string(view.text()));
}

std::string Nodes::tell_if_up(const Node& node, const std::vector<std::string>& words) {
  try {
    return tell(node, words);
  } catch (const std::runtime_error& error) {
    return std::string("-") + error.what();
  }
}

std::string Nodes::role(const Node& node) {
  return node.down ? "" : field(tell_if_up(node, {"INFO", "replication"}), "role");
}

std::vector<Node*> Nodes::with_role(const std::string& wanted) {
  std::vector<Node*> found;
  for (Node& node : data_) {
    if (role(node) == wanted) found.push_back(&node);
  }
  return found;
}

Node* Nodes::primary_of(const std::string& key) {
  for (Node* node : primaries()) {
    if (!tell_if_up(*node, {"EXISTS", key}).starts_with('-')) return node;
  }
  return nullptr;
}

bool Nodes::looks_whole() {
  std::size_t primaries = 0;
  std::set<std::string> views;  // of the cluster's slots: one if all nodes agree
  for (Node& node : data_) {
    const std::string info = tell(node, {"INFO", "replication"});
    if (field(info, "role") == "master") {
      ++primaries;
      if (field(info, "connected_slaves") != "1") return false;
    } else if (field(info, "master_link_status") != "up") {
      return false;
    }
    if (kind_ == Servers::kSentinels) continue;
    if (field(tell(node, {"CLUSTER", "INFO"}), "cluster_state") != "ok") return false;
    views.insert(slots_in(tell(node, {"CLUSTER", "NODES"})));
  }
  if (views.count("") > 0 || views.size() > 1) return false;
  for (Node& sentinel : sentinels_) {
    auto client = admin(sentinel);
    const auto facts = test::send(client, command_of({"SENTINEL", "MASTER", "shop"}));
    for (std::size_t i = 0; i + 1 < facts->size(); i += 2) {
      const std::string name(facts->at(i).text()), value(facts->at(i + 1).text());
      if (name == "flags" && value != "master") return false;
      if (name == "num-slaves" && value != "1") return false;
      if (name == "num-other-sentinels" && value != std::to_string(kSentinels - 1)) return false;
    }
  }
  return primaries == (kind_ == Servers::kCluster ? kPrimaries : 1);
}

bool Nodes::whole(std::chrono::milliseconds patience) {
  const auto whole = [&] {
    try {
      return looks_whole();
    } catch (const std::runtime_error&) {
      return false;  // not up yet
    }
  };
  return test::poll_until(whole, patience);
}

void Nodes::restore(const Node& node) {
  const std::string answer =
      tell(node, {"ACL", "SETUSER", kDaemonUser, "reset", "on", ">" + password_, "~*", "&*", "+@all"});
  // A trial that cannot start reports why.
  if (answer.starts_with('-')) throw std::runtime_error("ACL: " + answer);
}

}  // namespace orderd::chaos
