// Measures the cost of getting the result of an order: server CPU, output, and the time from XADD to the result. Each
// way of docs/reading-results.md is measured with 1, 16 and 64 backends that share the rate.
//
//   ways HOST PORT RATE SECONDS ROUNDS     a server without other clients, and an orderd; prints a Markdown table
//
// One thread simulates all backends. The ways take turns within a round, so that other load affects all of them; a
// figure is the median of the rounds.
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ways_server.h"

using namespace ways;

namespace {

enum class Way { kNone, kListPerOrder, kListPerBackend, kStream };
constexpr const char* kNames[] = {"no result is read", "(1) BLPOP, a list per order", "(2) BLMPOP, a list per backend",
                                  "(3) XREAD of the results stream"};
constexpr int kBackends[] = {1, 16, 64};
constexpr double kNsPerUs = 1e3;
constexpr std::int64_t kDrainNs = 10 * kNsPerSecond;

struct Figures {
  double cpu_us = 0, output_bytes = 0, p50_us = 0, p99_us = 0;
  std::size_t connections = 0;
};

// One way with a number of backends.
class Trial {
 public:
  Trial(redisContext* admin, Way way, int backends, std::string name)
      : admin_(admin), way_(way), backends_(backends), name_(std::move(name)), epoll_(epoll_create1(0)) {
    timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    epoll_event event{EPOLLIN, {.ptr = nullptr}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, timer_, &event);
    for (int i = 0; i < backends_; ++i) {
      pushers_.push_back(way_ == Way::kListPerOrder ? nullptr : open(i, false));
      if (way_ == Way::kListPerBackend || way_ == Way::kStream) wait(*open(i, true));
    }
    free_.resize(static_cast<std::size_t>(backends_));
  }
  ~Trial() {
    for (const auto& each : connections_) redisFree(each->context);
    close(timer_);
    close(epoll_);
  }
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;

  Figures run(int rate, int seconds) {
    push_all(rate, rate);  // a second to warm up
    took_ns_.clear();
    const Usage before = usage(admin_);
    const int orders = rate * seconds;
    push_all(rate, orders);
    const Usage after = usage(admin_);
    Figures figures{(after.cpu_us - before.cpu_us) / orders, (after.output_bytes - before.output_bytes) / orders};
    figures.connections = connections_.size();
    std::sort(took_ns_.begin(), took_ns_.end());
    if (!took_ns_.empty()) {
      figures.p50_us = static_cast<double>(took_ns_[took_ns_.size() / 2]) / kNsPerUs;
      figures.p99_us = static_cast<double>(took_ns_[took_ns_.size() * 99 / 100]) / kNsPerUs;
    }
    return figures;
  }

 private:
  struct Connection {
    redisContext* context;
    int backend;
    bool waits;                // for results; pushes nothing (ways 2 and 3)
    std::string order{};       // way 1: what it pushed
    bool pushed = false;       // way 1: the reply to XADD has arrived
    std::string last = "0-0";  // way 3: the newest result read
  };

  Connection* open(int backend, bool waits) {
    connections_.push_back(std::make_unique<Connection>(Connection{connect(), backend, waits}));
    Connection* connection = connections_.back().get();
    if (waits && way_ == Way::kStream) {
      const Reply newest = owned(redisCommand(connection->context, "XREVRANGE results + - COUNT 1"));
      if (newest && newest->elements == 1) connection->last = text(newest->element[0]->element[0]);
    }
    epoll_event event{EPOLLIN, {.ptr = connection}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, connection->context->fd, &event);
    return connection;
  }

  static void flush(Connection& connection) {
    for (int done = 0; done == 0;) {
      if (redisBufferWrite(connection.context, &done) != REDIS_OK) fail(connection.context->errstr);
    }
  }

  // Sends the blocking command for results.
  void wait(Connection& connection) {
    if (way_ == Way::kListPerBackend) {
      redisAppendCommand(connection.context, "BLMPOP 60 1 orders:reply:%s-%d LEFT COUNT 100", name_.c_str(),
                         connection.backend);
    } else {
      redisAppendCommand(connection.context, "XREAD COUNT 100 BLOCK 60000 STREAMS results %s", connection.last.c_str());
    }
    flush(connection);
  }

  void push(std::size_t number) {
    const int backend = static_cast<int>(number % static_cast<std::size_t>(backends_));
    const std::string order = name_ + "-" + std::to_string(backend) + "-" + std::to_string(number);
    Connection* connection = pushers_[static_cast<std::size_t>(backend)];
    if (way_ == Way::kListPerOrder) {
      auto& pool = free_[static_cast<std::size_t>(backend)];
      if (pool.empty()) pool.push_back(open(backend, false));
      connection = pool.back();
      pool.pop_back();
      connection->order = order;
      connection->pushed = false;
    }
    std::string json = R"({"id":")" + order + R"(","sku":"shoe","quantity":1)";
    if (way_ == Way::kListPerOrder) json += R"(,"reply_to":")" + order + "\"";
    if (way_ == Way::kListPerBackend) json += R"(,"reply_to":")" + name_ + "-" + std::to_string(backend) + "\"";
    json += "}";
    redisAppendCommand(connection->context, "XADD orders * order %b", json.data(), json.size());
    sent_ns_.push_back(now_ns());
    flush(*connection);
  }

  // `order` ends with its number.
  void answered(std::string_view order) {
    const std::size_t number = std::strtoull(order.data() + order.rfind('-') + 1, nullptr, 10);
    took_ns_.push_back(now_ns() - sent_ns_.at(number));
  }
  void answered_json(std::string_view json) {
    constexpr std::string_view kMember = R"("order":")";
    const std::size_t at = json.find(kMember) + kMember.size();
    answered(json.substr(at, json.find('"', at) - at));
  }

  void take(Connection& connection, const redisReply* reply) {
    if (reply->type == REDIS_REPLY_ERROR) fail(reply->str);
    if (way_ == Way::kListPerOrder) {
      if (connection.pushed) {
        if (reply->elements != 2) fail("no result");
        answered_json(text(reply->element[1]));
        free_[static_cast<std::size_t>(connection.backend)].push_back(&connection);
      } else {
        connection.pushed = true;
        redisAppendCommand(connection.context, "BLPOP orders:reply:%s 60", connection.order.c_str());
        flush(connection);
      }
    } else if (connection.waits) {
      if (reply->elements == 0) fail("no result");
      if (way_ == Way::kListPerBackend) {
        const redisReply* texts = reply->element[1];
        for (std::size_t i = 0; i < texts->elements; ++i) answered_json(text(texts->element[i]));
      } else {
        take_entries(connection, reply->element[0]->element[1]);
      }
      wait(connection);
    }
  }

  // Every backend reads all results and keeps its own.
  void take_entries(Connection& connection, const redisReply* list) {
    const std::string own = name_ + "-" + std::to_string(connection.backend) + "-";
    for (std::size_t i = 0; i < list->elements; ++i) {
      connection.last = text(list->element[i]->element[0]);
      const redisReply* fields = list->element[i]->element[1];
      for (std::size_t f = 0; f + 1 < fields->elements; f += 2) {
        const std::string_view order = text(fields->element[f + 1]);
        if (text(fields->element[f]) == "order" && order.starts_with(own)) answered(order);
      }
    }
  }

  // Pushes this many at an even rate and waits until each has its result.
  void push_all(int rate, int orders) {
    const std::size_t first = sent_ns_.size(), end = first + static_cast<std::size_t>(orders);
    const std::size_t results_before = std::strtoull(ask(admin_, "XLEN results").c_str(), nullptr, 10);
    const std::int64_t interval = kNsPerSecond / rate, begin = now_ns();
    const timespec step{interval / kNsPerSecond, interval % kNsPerSecond};
    const itimerspec clock{step, step};
    timerfd_settime(timer_, 0, &clock, nullptr);
    took_ns_.clear();
    while (way_ == Way::kNone ? sent_ns_.size() < end : took_ns_.size() < end - first) {
      epoll_event events[128];
      const int ready = epoll_wait(epoll_, events, 128, 1000);
      for (int i = 0; i < ready; ++i) {
        if (events[i].data.ptr == nullptr) {
          std::uint64_t due = 0;
          if (read(timer_, &due, sizeof due) != sizeof due) continue;
          for (; due > 0 && sent_ns_.size() < end; --due) push(sent_ns_.size());
        } else {
          receive(*static_cast<Connection*>(events[i].data.ptr));
        }
      }
      if (now_ns() > begin + interval * orders + kDrainNs) fail("results are missing");
    }
    const itimerspec off{};
    timerfd_settime(timer_, 0, &off, nullptr);
    while (std::strtoull(ask(admin_, "XLEN results").c_str(), nullptr, 10) <
           results_before + static_cast<std::size_t>(orders)) {
      if (now_ns() > begin + interval * orders + kDrainNs) fail("results are missing");
      (void)ask(admin_, "XREAD BLOCK 20 COUNT 1 STREAMS results $");  // until the next result
    }
  }
  void receive(Connection& connection) {
    if (redisBufferRead(connection.context) != REDIS_OK) fail(connection.context->errstr);
    for (void* reply = nullptr;;) {
      if (redisGetReplyFromReader(connection.context, &reply) != REDIS_OK) fail(connection.context->errstr);
      if (reply == nullptr) return;
      take(connection, owned(reply).get());
    }
  }

  redisContext* admin_;
  Way way_;
  int backends_;
  std::string name_;
  int epoll_;
  int timer_ = -1;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> pushers_;             // ways 2 and 3: one a backend
  std::vector<std::vector<Connection*>> free_;   // way 1: a pool a backend
  std::vector<std::int64_t> sent_ns_, took_ns_;  // by the order's number; in the order of arrival
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) fail("usage: ways HOST PORT RATE SECONDS ROUNDS");
  host = argv[1];
  port = std::atoi(argv[2]);
  const int rate = std::atoi(argv[3]), seconds = std::atoi(argv[4]), rounds = std::atoi(argv[5]);
  redisContext* admin = connect();
  (void)ask(admin, "SET product:shoe:stock 1000000000");

  struct Row {
    Way way;
    int backends;
    std::vector<Figures> rounds{};
  };
  std::vector<Row> rows;
  for (const Way way : {Way::kNone, Way::kListPerOrder, Way::kListPerBackend, Way::kStream}) {
    for (const int backends : kBackends) rows.push_back({way, backends});
  }
  for (int round = 1; round <= rounds; ++round) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::string name = "r" + std::to_string(round) + "t" + std::to_string(i);
      rows[i].rounds.push_back(Trial(admin, rows[i].way, rows[i].backends, name).run(rate, seconds));
    }
  }

  const auto of = [](const Row& row, double Figures::*figure) {
    std::vector<double> values;
    for (const Figures& each : row.rounds) values.push_back(each.*figure);
    return median(values);
  };
  // The reference in the same round: as many backends that read no result.
  const auto ratio = [&rows](const Row& row) {
    const auto base = std::find_if(rows.begin(), rows.end(), [&row](const Row& other) {
      return other.way == Way::kNone && other.backends == row.backends;
    });
    std::vector<double> values;
    for (std::size_t i = 0; i < row.rounds.size(); ++i) {
      values.push_back(row.rounds[i].cpu_us / base->rounds[i].cpu_us);
    }
    return median(values);
  };
  std::printf(
      "| way | backends | connections | server CPU, µs/order | ratio | output, bytes/order | p50, µs | p99, µs |\n");
  std::printf("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
  for (const Row& row : rows) {
    std::printf("| %s | %d | %zu | %.1f | %.2f | %.0f | ", kNames[static_cast<int>(row.way)], row.backends,
                row.rounds.back().connections, of(row, &Figures::cpu_us), ratio(row), of(row, &Figures::output_bytes));
    if (row.way == Way::kNone)
      std::printf("- | - |\n");
    else
      std::printf("%.0f | %.0f |\n", of(row, &Figures::p50_us), of(row, &Figures::p99_us));
  }
  redisFree(admin);
}
