// Which server to talk to: the address in the settings, the one that sentinels name (sentinels.h), or the primary of a
// slot in a cluster (cluster.h). The question is asked before each connect.
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

  // A question in progress. Destroying it cancels the question: `located` is not called any more. It may not be
  // destroyed inside `located`.
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

  // Calls `located` once, before it returns or later, or never: a deadline is the caller's business. Null: it has
  // answered. The topology must outlive the search.
  [[nodiscard]] virtual std::unique_ptr<Search> locate(Located located) = 0;

  // Something that goes on while it lives.
  using Watch = Search;
  using Elsewhere = std::function<void(const Endpoint& primary)>;
  // Calls `elsewhere` whenever it becomes known that `primary` is the one to talk to from now on. It may be called with
  // the same one again, and never before watch() returns. Null: that never happens.
  [[nodiscard]] virtual std::unique_ptr<Watch> watch(const Elsewhere& /*elsewhere*/) { return nullptr; }

  // May the answer change by itself? Then a server that is no primary is a reason to ask again, soon.
  [[nodiscard]] virtual bool moves() const { return false; }

  // Feedback: a server that this topology named could not be used, or was left, for this reason.
  virtual void report(const Endpoint& server, const Error& error) = 0;
  // Feedback: a server that this topology named is silent, or says that it cannot work now. If another one is the
  // primary by now, those who watch hear of it.
  virtual void suspect(const Endpoint& /*server*/) {}
};

// One server at a known address. The address comes from a function, because its password may be in a file that changes.
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
