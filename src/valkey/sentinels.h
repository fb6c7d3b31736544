// The primary of a service, as its sentinels name it. Before each connect, all sentinels are asked in parallel. While
// there are watchers, it is subscribed to each sentinel: a replaced primary accepts writes for seconds, and all of them
// are lost.
//
// Sentinels may disagree: one that was frozen names the previous primary. The majority of those that answer within
// kPatience decides. Announcements count immediately.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "loop/loop.h"
#include "valkey/topology.h"

namespace orderd::valkey {

// The sentinels, and how to connect to the servers that they name.
struct Service {
  std::vector<Endpoint> sentinels;  // with their own user and password
  std::string name;                 // "shop": the name that the sentinels monitor
  Endpoint server;                  // user, password and database; the sentinels name its address
};

class Sentinels : public Topology {
 public:
  // Called before each question, since passwords may be in files that change. The number of sentinels is constant.
  using Source = std::function<Result<Service>()>;
  // How long to wait for the other sentinels after one has answered.
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
  std::vector<std::unique_ptr<Post>> posts_;  // one for each sentinel, while there are watchers
  std::vector<Registration*> watches_;
};

// The same for a blocking client: asks one sentinel after another, each for at most kPatience, until one names a
// primary. The failure names every sentinel and what was wrong with it.
[[nodiscard]] Result<Endpoint> ask_sentinels(const Service& service, const std::string& client_name);

}  // namespace orderd::valkey
