// Which server to talk to. Today there is one answer, the address in the settings; Sentinel and Cluster are other
// answers to the same question, asked anew before each connect.
#pragma once

#include <functional>
#include <utility>

#include "base/result.h"
#include "valkey/endpoint.h"

namespace orderd::valkey {

class Topology {
 public:
  using Located = std::function<void(Result<Endpoint>)>;

  Topology() = default;
  virtual ~Topology() = default;
  Topology(const Topology&) = delete;
  Topology& operator=(const Topology&) = delete;

  // Answers once, before it returns or later. The asker must live until then.
  virtual void locate(const Located& located) = 0;
};

// One server at a known address. The address comes from a function, because its password may lie in a file that
// changes.
class SingleNode : public Topology {
 public:
  using Source = std::function<Result<Endpoint>()>;
  explicit SingleNode(Source source) : source_(std::move(source)) {}
  void locate(const Located& located) override { located(source_()); }

 private:
  Source source_;
};

}  // namespace orderd::valkey
