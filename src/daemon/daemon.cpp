// Wires the modules together. Shutdown order: the lanes finish, then the embedded server stops, then the loop.
#include "daemon/daemon.h"

#include <signal.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <random>
#include <sstream>
#include <utility>

#include "admin/health.h"
#include "daemon/log.h"
#include "settings/topology.h"

namespace orderd::daemon {
namespace {

lane::Options lane_options(const settings::Settings& settings) {
  lane::Options options{
      .lane = settings.lane,
      .lane_name = settings.lane_name(),
      .orders = settings.streams.orders,
      .results = settings.streams.results,
      .dead = settings.dead(),
      .group = settings.streams.group,
      .name = settings.processing.name,
      .stock_keys = settings.stock_keys(),
      .order_keys = settings.order_keys(),
      .reply_keys = settings.reply_keys(),
      .limits = settings.limits(),
  };
  options.max_in_flight = settings.processing.max_in_flight;
  options.orders_per_call = settings.processing.orders_per_call;
  options.lease = settings.processing.lease;
  options.dedup_window = settings.processing.dedup_window;
  options.reply_ttl = settings.processing.reply_ttl;
  options.retention_orders = settings.retention.orders;
  options.retention_results = settings.retention.results;
  options.retention_dead = settings.retention.dead;
  options.connect_timeout = settings.valkey.connect_timeout;
  options.reply_timeout = settings.valkey.reply_timeout;
  return options;
}

// Calls that each lane may have in flight, whatever its share of processing.max_in_flight.
constexpr uint32_t kCallsOfALane = 4;

std::vector<lane::Options> options_of_lanes(const settings::Settings& settings, const order::Lanes& names,
                                            lane::Shares& shares) {
  std::vector<lane::Options> lanes;
  const auto count = static_cast<uint32_t>(names.count());
  for (std::size_t i = 0; i < count; ++i) {
    lane::Options& lane = lanes.emplace_back(lane_options(settings.for_lane(i)));
    lane.lanes = &names;
    if (count == 1) continue;
    lane.shares = &shares;
    lane.max_in_flight =
        std::min(lane.max_in_flight, std::max(lane.max_in_flight / count, kCallsOfALane * lane.orders_per_call));
  }
  return lanes;
}

// After this many ms the lanes start anyway, and report what they cannot reach.
constexpr uint64_t kServerStart = 5000;

// Two signals within this many ms are one: timeout(1) signals its child and then the child's group, and a Ctrl-C may
// also arrive through a shell.
constexpr uint64_t kSameSignal = 50;

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

void log_end(const std::string& what) {
  spdlog::critical("orderd exits with status 1: {}", what);
}

[[noreturn]] void exit_at_once(int status) {
  spdlog::default_logger()->flush();
  _exit(status);
}

}  // namespace

Daemon::Daemon(settings::Settings settings, settings::Sources sources)
    : settings_(std::move(settings)),
      sources_(std::move(sources)),
      topologies_(loop_, settings_),
      connections_(loop_),
      names_(settings_.lanes()),
      shares_(names_.names()),
      options_(options_of_lanes(settings_, names_, shares_)),
      starting_(loop_, [this] { start_lanes(); }),
      drain_(loop_,
             [this] {
               std::size_t in_flight = 0;
               for (const auto& lane : lanes_) in_flight += lane->status().in_flight;
               spdlog::warn("shutdown.drain_timeout has passed; {} requests are settled after the next start",
                            in_flight);
               stop_server();
             }),
      manager_(loop_, [this] { return report_to_manager(); }) {
}

Daemon::~Daemon() = default;

int Daemon::run() {
  const auto endpoint = settings_.endpoint();
  if (!endpoint) {
    log_end(endpoint.error());
    return 1;
  }
  // order matters: first, since an embedded server may wait for its directory. Unhandled, SIGHUP ends the process.
  Signal::hold(SIGHUP);
  signals_.push_back(std::make_unique<Signal>(loop_, SIGHUP, [this] { on_reload_signal(); }));
  std::random_device entropy;
  if (endpoint->kind == valkey::Endpoint::Kind::kEmbedded) {
    server_ = std::make_unique<valkey::EmbeddedServer>(
        loop_, endpoint->path, entropy(), [](const std::string& what) { spdlog::error("embedded server: {}", what); },
        [this](const std::string& what) {
          fail(what);
          stop_server();
        });
    if (const auto started = server_->start(); !started) {
      log_end(started.error());
      return 1;
    }
  }
  // A closed results reader must not end the process; hiredis reports the failed write.
  signal(SIGPIPE, SIG_IGN);
  for (const int number : {SIGTERM, SIGINT}) {
    Signal::hold(number);
    signals_.push_back(std::make_unique<Signal>(loop_, number, [this] { on_stop_signal(); }));
  }

  const std::string where = settings_.has_sentinels()
                                ? fmt::format("the primary of '{}', as its sentinels name it", settings_.valkey.service)
                                : valkey::redacted(*settings_.endpoints());
  valkey::on_bad_tls_files([](const std::string& what) { spdlog::warn("bad TLS files: {}", what); });
  spdlog::info("orderd {} starts as '{}': {} at {}", ORDERD_VERSION, settings_.processing.name, serves(), where);
  lane::Lane::Listener& listener = *this;
  std::vector<admin::Admin::Lane> shown;
  for (std::size_t i = 0; i < options_.size(); ++i) {
    lanes_.push_back(
        std::make_unique<lane::Lane>(loop_, options_[i], topologies_.of(i), connections_, entropy(), listener));
    shown.push_back({options_[i], topologies_.of(i)});
  }
  lanes_running_ = lanes_.size();
  if (!settings_.admin.listen.empty()) {
    admin_ = std::make_unique<admin::Admin>(loop_, *parse_listen_address(settings_.admin.listen), shown,
                                            [this](admin::Snapshot& snapshot) { look(snapshot); });
  }
  start_deadline_ms_ = loop_.now_ms() + kServerStart;
  start_lanes();
  loop_.run();
  report();
  if (loop_.looks_up()) exit_at_once(exit_status_);
  return exit_status_;
}

std::string Daemon::serves() const {
  if (options_.size() == 1) return "orders from '" + options_.front().orders + "'";
  return std::to_string(options_.size()) + " lanes, orders from '" + options_.front().orders + "' to '" +
         options_.back().orders + "'";
}

// An embedded server takes a moment to listen: no warning yet.
void Daemon::start_lanes() {
  if (server_ && !server_->listening() && loop_.now_ms() < start_deadline_ms_) return starting_.start(Milliseconds(5));
  for (const auto& lane : lanes_) lane->start();
}

void Daemon::on_stop_signal() {
  if (stopping_) {
    if (loop_.now_ms() - stop_ms_ < kSameSignal) return;
    spdlog::warn("stopped at once; what was in flight is settled after the next start");
    exit_at_once(1);
  }
  stopping_ = true;
  stop_ms_ = loop_.now_ms();
  spdlog::info("shutting down: finishing in-flight orders (signal again to stop now)");
  manager_.stopping();
  starting_.stop();
  drain_.start(settings_.shutdown.drain_timeout);
  for (const auto& lane : lanes_) lane->finish();
}

void Daemon::on_reload_signal() {
  manager_.reloading();
  reload();
  manager_.reloaded();
}

void Daemon::reload() {
  const auto loaded = settings::load_again(sources_);
  if (!loaded) {
    std::istringstream mistakes(loaded.error());
    for (std::string mistake; std::getline(mistakes, mistake);) {
      spdlog::error("the settings were not changed: {}", mistake);
    }
    return;
  }
  const settings::Changes changes = settings::compare(settings_, *loaded);
  apply(*loaded);
  if (!changes.live.empty()) spdlog::info("applied: {}", joined(changes.live));
  if (!changes.restart.empty()) spdlog::warn("these need a restart: {}", joined(changes.restart));
  if (changes.live.empty() && changes.restart.empty()) spdlog::info("the settings have not changed");
}

// The settings that can change while the daemon runs; settings::compare() has the same list.
void Daemon::apply(const settings::Settings& settings) {
  settings_.log = settings.log;
  settings_.retention = settings.retention;
  settings_.shutdown = settings.shutdown;
  for (lane::Options& lane : options_) {
    lane.retention_orders = settings_.retention.orders;
    lane.retention_results = settings_.retention.results;
    lane.retention_dead = settings_.retention.dead;
  }
  set_log(settings_.log.level, settings_.log.format);
}

void Daemon::stop_server() {
  drain_.stop();
  if (!server_) return loop_.stop();
  server_->stop([this] { loop_.stop(); });
}

void Daemon::on_finished() {
  if (--lanes_running_ == 0) stop_server();
}

void Daemon::fail(const std::string& what) {
  log_end(what);
  exit_status_ = 1;
  if (std::exchange(stopping_, true)) return;
  stop_ms_ = loop_.now_ms();
  manager_.stopping();
}

// Continues as long as another lane can be served: one bad node of a cluster must not stop the others.
bool Daemon::on_cannot_start(const lane::Lane& lane, const std::string& what) {
  if (!std::all_of(lanes_.begin(), lanes_.end(), [](const auto& each) { return each->cannot_start(); })) return false;
  fail(what);
  if (!drain_.active()) drain_.start(settings_.shutdown.drain_timeout);
  for (const auto& each : lanes_) {
    if (each.get() != &lane) each->finish();
  }
  on_finished();
  return true;
}

void Daemon::look(admin::Snapshot& snapshot) const {
  snapshot.name = settings_.processing.name;
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    snapshot.lanes.push_back({.name = options_[i].orders, .lease = options_[i].lease, .status = lanes_[i]->status()});
  }
  snapshot.dropped_log_lines = dropped_log_lines();
}

// The first attempt to serve is over when it succeeded, or when there is a reason to wait. So `systemctl start` fails
// if orderd exits at once, as with a wrong password, and does not hang if it waits for a server.
ServiceManager::Report Daemon::report_to_manager() const {
  admin::Snapshot snapshot;
  look(snapshot);
  ServiceManager::Report report{.started = true, .draining = stopping_ && drain_.active(), .doing = ""};
  for (const admin::LaneView& lane : snapshot.lanes) {
    const lane::Status& status = lane.status;
    const bool serves = status.phase == lane::Phase::kServing;
    const bool stands_by = status.phase == lane::Phase::kStandby && !status.owner.empty();
    if (!serves && !stands_by && status.blocked_by.empty()) report.started = false;
  }
  report.doing = admin::summary(snapshot);
  return report;
}

void Daemon::report() {
  for (const auto& lane : lanes_) {
    const lane::Counters counters = lane->status().counters;
    std::string text;
    for (std::size_t i = 0; i < lane::kOutcomes; ++i) {
      if (counters.outcomes[i] > 0) {
        text += " " + std::string(lane::kOutcomeNames[i]) + "=" + std::to_string(counters.outcomes[i]);
      }
    }
    const std::string& name = lane->name();
    spdlog::info("{}read={} settled={}{}", name.empty() ? "" : "lane '" + name + "': ", counters.entries_read,
                 counters.settled(), text);
  }
}

}  // namespace orderd::daemon
