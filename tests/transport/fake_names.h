// Names of our own for the tests of the look-up: this program answers for them in place of the system, which depends on
// the machine and may ask the network.
//
//   two.addresses.test   127.0.0.2, where nobody listens, then 127.0.0.1
//   unknown.test         does not exist
//   slow.test            127.0.0.1, but not while a SlowName stands in its way
#pragma once

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

}  // namespace orderd::test
