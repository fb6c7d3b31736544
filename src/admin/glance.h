// What the status page shows of the server, for one lane: the latest results, the stock of their most frequent SKUs,
// and the number of dead letters. Queried only while a page is viewed, at most once a second, over a separate
// connection that is closed after ten seconds without a viewer. So a large, slow or refused reply never delays an
// order, and lanes do not know about it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "admin/server_view.h"
#include "lane/options.h"
#include "loop/loop.h"
#include "valkey/connector.h"
#include "valkey/topology.h"

namespace orderd::admin {

class Glance : private valkey::Connector::Listener, private valkey::Connection::Listener {
 public:
  // `topology` and `options` must outlive it.
  Glance(Loop& loop, valkey::Topology& topology, const lane::Options& options);
  ~Glance() override;
  Glance(const Glance&) = delete;
  Glance& operator=(const Glance&) = delete;

  // A page is viewed: queries the server, unless it just did. Not from a callback of a connection.
  void look();
  [[nodiscard]] const ServerView& view() const { return view_; }

 private:
  enum class Phase {
    kIdle,        // no connection; look() makes one
    kLocating,    // the topology was asked
    kConnecting,  // the handshake runs
    kOpen,
  };
  struct Question : valkey::Call {
    Glance* owner = nullptr;
    void (Glance::*answered)(const valkey::Reply& reply) = nullptr;
  };

  void connect();
  void ask();
  void send(Question& question, const valkey::Command& command);
  void on_results(const valkey::Reply& reply);
  void on_dead(const valkey::Reply& reply);
  void on_stock(const valkey::Reply& reply);
  void answered();
  void ended(const std::string& why);
  void close();

  void on_connected(valkey::Ready ready) override;
  void on_connect_failed(const valkey::Error& error) override;
  void on_open() override {}
  void on_closed(const valkey::Error& error) override;

  Loop& loop_;
  valkey::Topology& topology_;
  const lane::Options& options_;
  Timer unseen_;  // no viewer for a while
  Phase phase_ = Phase::kIdle;
  uint64_t since_ms_ = 0;   // when locating began
  uint64_t again_ms_ = 0;   // no connect before
  uint64_t asked_ms_ = 0;   // the last time
  std::size_t asking_ = 0;  // questions in flight
  Question results_;
  Question dead_;
  Question stock_;
  ServerView next_;  // being filled
  ServerView view_;
  std::unique_ptr<valkey::Topology::Search> search_;
  std::unique_ptr<valkey::Connector> connector_;
  std::unique_ptr<valkey::Connection> connection_;
};

}  // namespace orderd::admin
