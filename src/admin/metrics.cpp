// One row for each metric: its name, its help, and how to get its samples. Units are Prometheus' base units. No label
// has values chosen from outside: lanes come from the settings, and at most 33 error codes are distinguished.
#include "admin/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <sstream>
#include <utility>

namespace orderd::admin {
namespace {

using Type = prometheus::MetricType;
using Labels = std::vector<prometheus::ClientMetric::Label>;

class Samples {
 public:
  explicit Samples(prometheus::MetricFamily& family) : family_(family) {}

  void add(Labels labels, double value) {
    prometheus::ClientMetric& made = make(std::move(labels));
    if (family_.type == Type::Counter) made.counter.value = value;
    if (family_.type == Type::Gauge) made.gauge.value = value;
  }
  void add(Labels labels, uint64_t value) { add(std::move(labels), static_cast<double>(value)); }
  // `per_unit`: how many of the histogram's are one of the metric's unit. Divided by, so that bounds are printed short.
  template <uint64_t First, std::size_t N>
  void add(Labels labels, const Histogram<First, N>& values, double per_unit) {
    prometheus::ClientMetric::Histogram& made = make(std::move(labels)).histogram;
    for (std::size_t i = 0; i < N; ++i) {
      made.sample_count += values.counts[i];
      made.bucket.push_back({made.sample_count, static_cast<double>(values.bound(i)) / per_unit});
    }
    made.sample_count += values.counts[N];
    made.sample_sum = static_cast<double>(values.sum) / per_unit;
  }

 private:
  prometheus::ClientMetric& make(Labels labels) {
    family_.metric.emplace_back();
    family_.metric.back().label = std::move(labels);
    return family_.metric.back();
  }
  prometheus::MetricFamily& family_;
};

// In a second.
constexpr double kMilliseconds = 1e3;
constexpr double kMicroseconds = 1e6;

Labels of(const LaneView& lane) {
  return {{"lane", lane.name}};
}

Labels of(const LaneView& lane, const char* name, std::string_view value) {
  return {{"lane", lane.name}, {name, std::string(value)}};
}

// The result's fields `status` and `reason`.
std::pair<std::string, std::string> fields_of(lane::Outcome outcome) {
  if (outcome == lane::Outcome::kAccepted) return {"accepted", ""};
  if (outcome == lane::Outcome::kDuplicate) return {"duplicate", ""};
  return {"rejected", std::string(lane::kOutcomeNames[static_cast<std::size_t>(outcome)])};
}

struct Row {
  FamilyInfo info;
  Type type;
  void (*fill)(const Snapshot& snapshot, Samples& samples);
};

constexpr std::string_view kLane = "lane";

// A metric with one sample for each lane for which Get, a stateless function of the status, returns a number, or a
// non-empty optional.
template <class Get>
constexpr Row lane_row(Type type, std::string_view name, std::string_view help, Get /*get*/) {
  return {{name, type == Type::Counter ? "counter" : "gauge", kLane, help},
          type,
          [](const Snapshot& snapshot, Samples& samples) {
            for (const LaneView& lane : snapshot.lanes) {
              const std::optional<double> value = Get{}(lane.status);
              if (value) samples.add(of(lane), *value);
            }
          }};
}

// One histogram for each lane.
template <class Get>
constexpr Row histogram_row(std::string_view name, std::string_view help, Get /*get*/) {
  return {{name, "histogram", kLane, help}, Type::Histogram, [](const Snapshot& snapshot, Samples& samples) {
            for (const LaneView& lane : snapshot.lanes) Get{}(lane, samples);
          }};
}

// A metric with one sample, if Get returns one.
template <class Get>
constexpr Row plain_row(Type type, std::string_view name, std::string_view help, Get /*get*/) {
  return {{name, type == Type::Counter ? "counter" : "gauge", "", help},
          type,
          [](const Snapshot& snapshot, Samples& samples) {
            const std::optional<double> value = Get{}(snapshot);
            if (value) samples.add({}, *value);
          }};
}

double number(uint64_t value) {
  return static_cast<double>(value);
}
std::optional<double> number(std::optional<uint64_t> value, double per_unit = 1) {
  return value ? std::optional(static_cast<double>(*value) / per_unit) : std::nullopt;
}

void fill_build_info(const Snapshot& /*snapshot*/, Samples& samples) {
  samples.add({{"version", ORDERD_VERSION}}, 1.0);
}

void fill_phases(const Snapshot& snapshot, Samples& samples) {
  for (const LaneView& lane : snapshot.lanes) {
    for (std::size_t i = 0; i < lane::kPhaseNames.size(); ++i) {
      samples.add(of(lane, "phase", lane::kPhaseNames[i]),
                  lane.status.phase == static_cast<lane::Phase>(i) ? 1.0 : 0.0);
    }
  }
}

void fill_results(const Snapshot& snapshot, Samples& samples) {
  for (const LaneView& lane : snapshot.lanes) {
    for (std::size_t i = 0; i < lane::kOutcomes; ++i) {
      const auto [status, reason] = fields_of(static_cast<lane::Outcome>(i));
      samples.add({{"lane", lane.name}, {"status", status}, {"reason", reason}}, lane.status.counters.outcomes[i]);
    }
  }
}

void fill_errors(const Snapshot& snapshot, Samples& samples) {
  for (const LaneView& lane : snapshot.lanes) {
    for (const auto& [word, count] : lane.status.counters.errors.by_word()) {
      samples.add(of(lane, "error", word), count);
    }
  }
}

void fill_loop_lag(const Snapshot& snapshot, Samples& samples) {
  samples.add({}, snapshot.loop_lag_ms, kMilliseconds);
}

using lane::Status;

const Row kRows[] = {
    {{"orderd_build_info", "gauge", "version", "1, with the version of this orderd."}, Type::Gauge, fill_build_info},
    lane_row(Type::Gauge, "orderd_active",
             "1 while this daemon has the lease of the lane: it serves, or would. 0: not.",
             [](const Status& s) { return s.active_since_ms > 0 ? 1.0 : 0.0; }),
    {{"orderd_lane_phase", "gauge", "lane, phase", "1 for the phase that the lane is in, 0 for the others."},
     Type::Gauge,
     fill_phases},
    {{"orderd_results_total", "counter", "lane, status, reason",
      "Requests settled, by the status and the reason of the result. Those whose reply was lost with a connection are "
      "not counted; the results stream has them."},
     Type::Counter,
     fill_results},
    lane_row(Type::Counter, "orderd_dead_letters_total", "Malformed requests copied to the dead-letter stream.",
             [](const Status& s) {
               return number(s.counters.outcomes[static_cast<std::size_t>(lane::Outcome::kMalformed)]);
             }),
    lane_row(Type::Gauge, "orderd_requests_waiting",
             "Requests in the orders stream that are not settled, asked once a second. Only of the active daemon, and "
             "where streams.group is set.",
             [](const Status& s) { return number(s.waiting); }),
    lane_row(Type::Gauge, "orderd_oldest_waiting_seconds",
             "Age of the oldest request that is not settled, as far as it was read; 0: none waits. Only of the active "
             "daemon.",
             [](const Status& s) { return number(s.oldest_waiting_ms, kMilliseconds); }),
    lane_row(Type::Gauge, "orderd_requests_in_flight", "Requests read and not settled yet.",
             [](const Status& s) { return number(s.in_flight); }),
    lane_row(Type::Gauge, "orderd_position_age_seconds", "Age of the last settled request. Only of the active daemon.",
             [](const Status& s) { return number(s.position_ms, kMilliseconds); }),
    histogram_row(
        "orderd_requests_per_call", "Requests settled by one script call.",
        [](const LaneView& lane, Samples& out) { out.add(of(lane), lane.status.counters.requests_per_call, 1); }),
    histogram_row(
        "orderd_settle_seconds", "Time from sending a script call to its reply.",
        [](const LaneView& lane, Samples& out) { out.add(of(lane), lane.status.counters.settle_us, kMicroseconds); }),
    histogram_row(
        "orderd_end_to_end_seconds",
        "Time from the push of a request, by its ID, to its settlement. Requests whose ID is not a time are left out.",
        [](const LaneView& lane, Samples& out) {
          out.add(of(lane), lane.status.counters.end_to_end_ms, kMilliseconds);
        }),
    lane_row(Type::Counter, "orderd_reconnects_total", "Connections to the server established after the first one.",
             [](const Status& s) { return number(s.counters.reconnects); }),
    {{"orderd_server_errors_total", "counter", "lane, error",
      "Error replies of the server, by their first word. Absent until there is one."},
     Type::Counter,
     fill_errors},
    lane_row(Type::Counter, "orderd_entries_trimmed_total", "Entries removed from the streams by retention.",
             [](const Status& s) { return number(s.counters.trimmed); }),
    lane_row(Type::Counter, "orderd_requests_forgotten_total",
             "Settled requests that the server lost, as in a failover. Those still in the "
             "stream are decided again.",
             [](const Status& s) { return number(s.counters.lost); }),
    lane_row(Type::Counter, "orderd_entries_deleted_total",
             "Requests that were deleted before they were settled, as far as noticed. They get no result.",
             [](const Status& s) { return number(s.counters.deleted); }),
    lane_row(Type::Counter, "orderd_replies_refused_total",
             "Script calls in which a reply to a reply_to could not be pushed. The results were still written.",
             [](const Status& s) { return number(s.counters.replies_refused); }),
    {{"orderd_loop_lag_seconds", "histogram", "",
      "How late a timer of the event loop fired, measured four times a second."},
     Type::Histogram,
     fill_loop_lag},
    plain_row(Type::Counter, "orderd_log_lines_dropped_total",
              "Log lines lost because standard error was blocked or failed.",
              [](const Snapshot& s) { return number(s.dropped_log_lines); }),
    plain_row(Type::Counter, "process_cpu_seconds_total", "User and system CPU time of this process.",
              [](const Snapshot& s) { return s.process.cpu_seconds; }),
    plain_row(Type::Gauge, "process_resident_memory_bytes", "Resident memory of this process.",
              [](const Snapshot& s) { return number(s.process.resident_bytes); }),
    plain_row(Type::Gauge, "process_open_fds", "Open file descriptors of this process.",
              [](const Snapshot& s) { return number(s.process.open_files); }),
    plain_row(Type::Gauge, "process_max_fds", "Most file descriptors that this process may open.",
              [](const Snapshot& s) { return number(s.process.open_files_max); }),
    plain_row(Type::Gauge, "process_start_time_seconds", "When this process was started, in seconds since 1970.",
              [](const Snapshot& s) { return s.process.start_seconds; }),
};

}  // namespace

std::string metrics_text(const Snapshot& snapshot) {
  std::vector<prometheus::MetricFamily> families;
  for (const Row& row : kRows) {
    prometheus::MetricFamily& family = families.emplace_back();
    family.name = row.info.name;
    family.help = row.info.help;
    family.type = row.type;
    Samples samples(family);
    row.fill(snapshot, samples);
    if (family.metric.empty()) families.pop_back();
  }
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, families);
  return std::move(out).str();
}

std::vector<FamilyInfo> families() {
  std::vector<FamilyInfo> infos;
  std::transform(std::begin(kRows), std::end(kRows), std::back_inserter(infos),
                 [](const Row& row) { return row.info; });
  return infos;
}

}  // namespace orderd::admin
