// The primary of a service, as its sentinels name it. Every sentinel is asked at once, before each connect; and each is
// subscribed to for as long as somebody watches, since a primary that was replaced goes on to accept writes for
// seconds, all of which are lost.
//
// Sentinels may disagree for a moment: one that was frozen names the primary from before. What most of those name that
// answer within kPatience counts; what they announce counts at once.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "loop/loop.h"
#include "valkey/topology.h"

namespace orderd::valkey {

// Where the sentinels are, and how to talk to what they name.
struct Service {
  std::vector<Endpoint> sentinels;  // each with the user and the password for it
  std::string name;                 // "shop": of the primary, at the sentinels
  Endpoint server;                  // user, password and database at the primary; the sentinels name its address
};

class Sentinels : public Topology {
 public:
  // Called before each question: passwords may be in files that change. The number of sentinels stays.
  using Source = std::function<Result<Service>()>;
  // How long the other sentinels are waited for once one has answered.
  static constexpr Milliseconds kPatience{500};

  Sentinels(Loop& loop, Source source);
  ~Sentinels() override;

  [[nodiscard]] std::unique_ptr<Search> locate(Located located) override;
  [[nodiscard]] std::unique_ptr<Watch> watch(const Elsewhere& elsewhere) override;
  [[nodiscard]] bool moves() const override { return true; }
  void report(const Endpoint& /*server*/, const Error& /*error*/) override {}

 private:
  class Poll;
  class Post;
  struct Registration;

  void announce(const Endpoint& primary);

  Loop& loop_;
  Source source_;
  std::vector<std::unique_ptr<Post>> posts_;  // one for each sentinel, while somebody watches
  std::vector<Registration*> watches_;
};

// The same for a client that blocks, such as a tool: the first answer of a sentinel that names a primary, each asked
// for at most kPatience. The failure names every sentinel and what was wrong with it.
[[nodiscard]] Result<Endpoint> ask_sentinels(const Service& service, const std::string& client_name);

}  // namespace orderd::valkey
