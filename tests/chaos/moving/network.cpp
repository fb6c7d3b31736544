#include "chaos/moving/network.h"

#include <sched.h>

#include <cstdlib>
#include <stdexcept>

namespace orderd::chaos {
namespace {

void nft(const std::string& words) {
  if (std::system(("nft " + words).c_str()) != 0) throw std::runtime_error("nft " + words + " failed");
}

}  // namespace

bool own_network() {
  if (unshare(CLONE_NEWNET) != 0) return false;
  return std::system(
             "ip link set lo up && nft add table inet chaos && nft add chain inet chaos in "
             "'{ type filter hook input priority 0; }'") == 0;
}

void cut_off(const std::string& host) {
  nft("add rule inet chaos in ip saddr " + host + " ip daddr 127.0.1.0/24 drop");
  nft("add rule inet chaos in ip saddr 127.0.1.0/24 ip daddr " + host + " drop");
}

void reset_clients(const std::string& host) {
  nft("add rule inet chaos in ip saddr 127.0.0.1 ip daddr " + host +
      " tcp flags psh,ack / psh,ack reject with tcp reset");
}

void reconnect() {
  nft("flush chain inet chaos in");
}

}  // namespace orderd::chaos
