// Finds the server: the address in the settings, the one that sentinels name (sentinels.h), or the primary of a slot in
// a cluster (cluster.h). It is asked before each connect.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "base/result.h"
#include "valkey/endpoint.h"
#include "valkey/error.h"

namespace orderd::valkey {

class Topology {
 public:
  using Located = std::function<void(const Result<Endpoint>&)>;

  // A question in progress. Destroying it cancels it: `located` is not called. May not be destroyed inside `located`.
  class Search {
   public:
    Search() = default;
    virtual ~Search() = default;
    Search(const Search&) = delete;
    Search& operator=(const Search&) = delete;
  };

  Topology() = default;
  virtual ~Topology() = default;
  Topology(const Topology&) = delete;
  Topology& operator=(const Topology&) = delete;

  // Calls `located` once, before it returns or later, or never: the caller sets a deadline. Null: it has already
  // answered. The topology must outlive the search.
  [[nodiscard]] virtual std::unique_ptr<Search> locate(Located located) = 0;

  // A subscription; destroying it ends it.
  using Watch = Search;
  using Elsewhere = std::function<void(const Endpoint& primary)>;
  // Calls `elsewhere` whenever a new primary becomes known, never before watch() returns. May repeat the same one.
  // Null: the primary never changes.
  [[nodiscard]] virtual std::unique_ptr<Watch> watch(const Elsewhere& /*elsewhere*/) { return nullptr; }

  // Whether the primary can change: then a server that is not the primary is a reason to ask again soon.
  [[nodiscard]] virtual bool moves() const { return false; }

  // Feedback: a server that this topology named could not be used, or was left, for this reason.
  virtual void report(const Endpoint& server, const Error& error) = 0;
  // Feedback: a server that this topology named is silent, or says that it cannot work now. If there is a new primary,
  // watchers are called.
  virtual void suspect(const Endpoint& /*server*/) {}
};

// One server at a fixed address. A function returns it, since its password may be in a file that changes.
class SingleNode : public Topology {
 public:
  using Source = std::function<Result<Endpoint>()>;
  explicit SingleNode(Source source) : source_(std::move(source)) {}

  [[nodiscard]] std::unique_ptr<Search> locate(Located located) override {
    located(source_());
    return nullptr;
  }
  void report(const Endpoint& /*server*/, const Error& /*error*/) override {}

 private:
  Source source_;
};

}  // namespace orderd::valkey
