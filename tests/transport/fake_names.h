// Names of our own for the tests of the look-up: this program answers for them in place of the system, which depends on
// the machine and may ask the network.
//
//   two.addresses.test   127.0.0.2, where nobody listens, then 127.0.0.1
//   silent.first.test    127.0.0.3, see SilentAddress, then 127.0.0.1
//   all.silent.test      127.0.0.3 and 127.0.0.4
//   unknown.test         does not exist
//   slow.test            127.0.0.1, but not while a SlowName is in its way
#pragma once

#include <cstdint>
#include <vector>

namespace orderd::test {

// As long as it lives and is not released, look-ups of slow.test wait. One at a time.
class SlowName {
 public:
  SlowName();
  ~SlowName() { release(); }
  SlowName(const SlowName&) = delete;
  SlowName& operator=(const SlowName&) = delete;
  void release();
};

// An address where connects or commands get no answer at all.
class SilentAddress {
 public:
  enum class How {
    kNoConnect,  // as behind a firewall that drops packets
    kNoReply,    // as a process that is stopped: the kernel accepts, and nobody reads
  };
  SilentAddress(const char* address, uint16_t port, How how);
  ~SilentAddress();
  SilentAddress(const SilentAddress&) = delete;
  SilentAddress& operator=(const SilentAddress&) = delete;

 private:
  std::vector<int> sockets_;
};

}  // namespace orderd::test
