#include "chaos/moving/nodes.h"

#include <algorithm>
#include <stdexcept>

#include "support/cluster_set.h"
#include "support/valkey_helpers.h"
#include "support/wait_for.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;
using test::command_of;

constexpr std::size_t kPrimaries = 3;

std::string text_of(const valkey::Reply& reply) {
  if (reply.is_error()) return "-" + std::string(reply.text());
  return reply.is_integer() ? std::to_string(reply.integer()) : std::string(reply.text());
}

std::string field(const std::string& info, const std::string& name) {
  const std::size_t at = info.find(name + ":");
  if (at == std::string::npos) return "";
  const std::size_t begin = at + name.size() + 1;
  return info.substr(begin, info.find_first_of("\r\n", begin) - begin);
}

// Throws on an error, so that a trial that cannot start reports why.
void must(const Node& node, const std::vector<std::string>& words) {
  const std::string answer = Nodes::tell(node, words);
  if (answer.starts_with('-')) throw std::runtime_error(words.front() + ": " + answer);
}

}  // namespace

Nodes::Nodes(Servers kind, bool tls) : kind_(kind), tls_(tls) {
  if (tls) authority_ = std::make_unique<test::Authority>("chaos");
  data_.reserve(2 * kPrimaries);  // order matters: references to nodes must stay valid
  kind == Servers::kCluster ? make_cluster() : make_sentinels();
  if (!whole(60s)) throw std::runtime_error("the servers did not find each other");
}

Node Nodes::make_node(const std::vector<std::string>& config) {
  Node node;
  node.host = "127.0.1." + std::to_string(++made_);
  node.port = test::free_port();
  test::ServerOptions options{.append_only = test::ServerOptions::AppendOnly::kEverySecond,
                              .tcp = true,
                              .config = {"bind 127.0.0.1 " + node.host, "bind-source-addr " + node.host}};
  if (tls_) {
    const auto files = authority_->sign("node-" + std::to_string(made_), {"IP:" + node.host, "IP:127.0.0.1"});
    for (const std::string& line :
         {"tls-port " + std::to_string(node.port), "tls-cert-file " + files.cert, "tls-key-file " + files.key,
          "tls-ca-cert-file " + authority_->file(), std::string("tls-auth-clients no")}) {
      options.config.push_back(line);
    }
  }
  options.config.insert(options.config.end(), config.begin(), config.end());
  node.server = std::make_unique<test::ValkeyServer>(options);
  if (!tls_) node.port = node.server->tcp_endpoint().port;
  restore(node);
  return node;
}

void Nodes::make_cluster() {
  std::vector<test::ClusterMember> members;
  for (std::size_t i = 0; i < 2 * kPrimaries; ++i) {
    const std::string bus =
        std::to_string(test::free_port());  // the default, port + 10,000, does not exist from 55,536 on
    data_.push_back(
        make_node({"cluster-enabled yes", "cluster-port " + bus, "cluster-node-timeout 1000",
                   "cluster-require-full-coverage no", "repl-diskless-sync-delay 0",
                   "cluster-announce-ip 127.0.1." + std::to_string(i + 1), "cluster-allow-replica-migration no"}));
    const Node& node = data_.back();
    members.push_back({*node.server, node.host, std::to_string(node.server->tcp_endpoint().port), bus});
  }
  test::form_cluster(members);
}

void Nodes::make_sentinels() {
  std::vector<std::string> config = {"repl-diskless-sync-delay 0"};
  if (tls_) config.emplace_back("tls-replication yes");  // sentinels announce the TLS port
  data_.push_back(make_node(config));
  const Node& first = data_.front();
  const std::string client_port = std::to_string(first.port);
  config.push_back("replicaof " + first.host + " " + client_port);
  data_.push_back(make_node(config));
  for (int i = 0; i < 3; ++i) {
    Node node;
    node.host = "127.0.1." + std::to_string(++made_);
    test::ServerOptions options{
        .tcp = true,
        .config = {"bind 127.0.0.1 " + node.host, "bind-source-addr " + node.host, "sentinel announce-ip " + node.host,
                   "sentinel monitor shop " + first.host + " " + client_port + " 2",
                   "sentinel down-after-milliseconds shop 1000", "sentinel failover-timeout shop 3000"}};
    options.program = "valkey-sentinel";
    if (tls_) {
      const auto files = authority_->sign("sentinel-" + std::to_string(i), {"IP:" + node.host, "IP:127.0.0.1"});
      node.port = test::free_port();
      for (const std::string& line : {"tls-port " + std::to_string(node.port), "tls-cert-file " + files.cert,
                                      "tls-key-file " + files.key, "tls-ca-cert-file " + authority_->file(),
                                      std::string("tls-auth-clients no"), std::string("tls-replication yes")}) {
        options.config.push_back(line);
      }
    }
    node.server = std::make_unique<test::ValkeyServer>(options);
    if (!tls_) node.port = node.server->tcp_endpoint().port;
    sentinels_.push_back(std::move(node));
  }
}

std::string Nodes::settings(const std::string& password_file) const {
  const auto list = [](const std::vector<Node>& nodes) {
    std::string text;
    for (const Node& node : nodes) {
      text += (text.empty() ? "" : ",") + node.host + ":" + std::to_string(node.port);
    }
    return text;
  };
  std::string text = "[valkey]\nurl = \"" + std::string(tls_ ? "valkeys" : "valkey") + "://" +
                     (kind_ == Servers::kCluster ? list(data_) : "127.0.0.1") + "\"\nusername = \"" + kUser +
                     "\"\npassword_file = \"" + password_file + "\"\n";
  if (kind_ == Servers::kCluster) text += "cluster = true\n";
  if (kind_ == Servers::kSentinels) text += "sentinels = \"" + list(sentinels_) + "\"\nservice = \"shop\"\n";
  if (tls_) text += "tls_ca_file = \"" + authority_->file() + "\"\n";
  return text;
}

valkey::Endpoint Nodes::endpoint(const Node& node) const {
  valkey::Endpoint endpoint;
  endpoint.host = node.host;
  endpoint.port = node.port;
  endpoint.tls = tls_;
  if (tls_) endpoint.tls_files.ca = authority_->file();
  return endpoint;
}

valkey::SyncClient Nodes::admin(const Node& node) {
  auto client = valkey::SyncClient::connect(node.server->endpoint(),
                                            {.name = "chaos", .connect_timeout = 500ms, .reply_timeout = 5000ms});
  if (!client) throw std::runtime_error(client.error());
  return std::move(*client);
}

std::string Nodes::tell(const Node& node, const std::vector<std::string>& words) {
  auto client = admin(node);
  const auto reply = client.call(command_of(words));
  if (!reply) throw std::runtime_error(reply.error());
  return text_of(reply->view());
}

std::string Nodes::role(const Node& node) {
  if (node.down) return "";
  try {
    const std::string info = tell(node, {"INFO", "replication"});
    return field(info, "role");
  } catch (const std::runtime_error&) {
    return "";  // not up
  }
}

std::vector<Node*> Nodes::primaries() {
  std::vector<Node*> found;
  for (Node& node : data_) {
    if (role(node) == "master") found.push_back(&node);
  }
  return found;
}

std::vector<Node*> Nodes::replicas() {
  std::vector<Node*> found;
  for (Node& node : data_) {
    if (role(node) == "slave") found.push_back(&node);
  }
  return found;
}

Node* Nodes::primary_of(const std::string& key) {
  for (Node* node : primaries()) {
    try {
      if (!tell(*node, {"EXISTS", key}).starts_with('-')) return node;
    } catch (const std::runtime_error&) {
      continue;  // it just went down
    }
  }
  return nullptr;
}

bool Nodes::looks_whole() {
  std::size_t primaries = 0;
  for (Node& node : data_) {
    const std::string info = tell(node, {"INFO", "replication"});
    if (field(info, "role") == "master") {
      ++primaries;
      if (field(info, "connected_slaves") != "1") return false;
    } else if (field(info, "master_link_status") != "up") {
      return false;
    }
    if (kind_ == Servers::kCluster && field(tell(node, {"CLUSTER", "INFO"}), "cluster_state") != "ok") return false;
  }
  for (Node& sentinel : sentinels_) {
    auto client = admin(sentinel);
    const auto facts = test::send(client, command_of({"SENTINEL", "MASTER", "shop"}));
    for (std::size_t i = 0; i + 1 < facts->size(); i += 2) {
      const std::string name(facts->at(i).text()), value(facts->at(i + 1).text());
      if (name == "flags" && value != "master") return false;
      if (name == "num-slaves" && value != "1") return false;
      if (name == "num-other-sentinels" && value != "2") return false;
    }
  }
  return primaries == (kind_ == Servers::kCluster ? kPrimaries : 1);
}

bool Nodes::whole(std::chrono::milliseconds patience) {
  return test::poll_until(
      [&] {
        try {
          return looks_whole();
        } catch (const std::runtime_error&) {
          return false;  // not up yet
        }
      },
      patience);
}

void Nodes::restore(Node& node) {
  must(node, {"ACL", "SETUSER", kUser, "reset", "on", ">" + password_, "~*", "&*", "+@all"});
}

void Nodes::set_password(const std::string& password) {
  password_ = password;
  for (Node& node : data_) {
    if (!node.down) restore(node);
  }
}

}  // namespace orderd::chaos
