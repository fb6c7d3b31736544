// Our own names for the lookup tests: this program resolves them instead of the system, which depends on the machine
// and may query the network.
//
//   two.addresses.test   127.0.0.2, where no server listens, then 127.0.0.1
//   silent.first.test    127.0.0.3, see SilentAddress, then 127.0.0.1
//   all.silent.test      127.0.0.3 and 127.0.0.4
//   unknown.test         does not exist
//   slow.test            127.0.0.1, but not while a SlowName blocks it
#pragma once

#include <cstdint>
#include <vector>

namespace orderd::test {

// Lookups of slow.test wait until it is released or destroyed. One at a time.
class SlowName {
 public:
  SlowName();
  ~SlowName() { release(); }
  SlowName(const SlowName&) = delete;
  SlowName& operator=(const SlowName&) = delete;
  void release();
};

// An address where connects get no reply, as behind a firewall that drops packets.
class SilentAddress {
 public:
  SilentAddress(const char* address, uint16_t port);
  ~SilentAddress();
  SilentAddress(const SilentAddress&) = delete;
  SilentAddress& operator=(const SilentAddress&) = delete;

 private:
  std::vector<int> sockets_;
};

}  // namespace orderd::test
