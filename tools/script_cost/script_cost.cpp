// Measures the cost of an order on a server, as CPU time or, under callgrind, as instructions. A shape (shape.h)
// defines what is sent for it. All shapes take turns, round after round, on the same server, so that their ratios are
// right even on a busy machine.
//
//     script-cost SOCKET ORDERS ROUNDS [--callgrind PID] SHAPE...
//
// For each shape the server is emptied and filled with stock, requests and the shape's preparation. Then the turns of
// ORDERS orders are sent through a pipeline. Each command must return the shape's answer.
#include <hiredis/hiredis.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <memory>
#include <stdexcept>

#include "script_cost/shape.h"

namespace orderd::cost {
namespace {

// Orders sent without a reply: what orderd has in flight while draining a backlog.
constexpr std::size_t kWindow = 256;

struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Reply = std::unique_ptr<redisReply, FreeReply>;

std::string text_of(const redisReply& reply) {
  if (reply.type == REDIS_REPLY_INTEGER) return std::to_string(reply.integer);
  return reply.str != nullptr ? std::string(reply.str, reply.len) : "no text";
}

class Server {
 public:
  explicit Server(const char* socket) : context_(redisConnectUnix(socket)) {
    if (context_ == nullptr || context_->err != 0) throw std::runtime_error(std::string("cannot connect to ") + socket);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() { redisFree(context_); }

  void append(const Words& words) {
    std::string bytes = "*" + std::to_string(words.size()) + "\r\n";
    for (const std::string& word : words) bytes += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
    if (redisAppendFormattedCommand(context_, bytes.data(), bytes.size()) != REDIS_OK) fail();
  }
  void flush() {
    for (int done = 0; done == 0;) {
      if (redisBufferWrite(context_, &done) != REDIS_OK) fail();
    }
  }
  Reply take() {
    void* reply = nullptr;
    if (redisGetReply(context_, &reply) != REDIS_OK) fail();
    Reply taken(static_cast<redisReply*>(reply));
    if (taken->type == REDIS_REPLY_ERROR) throw std::runtime_error(std::string("the server replied: ") + taken->str);
    return taken;
  }
  Reply ask(const Words& words) {
    append(words);
    return take();
  }

 private:
  [[noreturn]] void fail() const { throw std::runtime_error(context_->errstr); }
  redisContext* context_;
};

// Sends the turns of all orders, at most kWindow orders ahead of the replies.
class Run {
 public:
  Run(Server& server, const Shape& shape, std::string sha1) : server_(server), shape_(shape), sha1_(std::move(sha1)) {}

  void send_all(std::size_t orders) {
    std::size_t sent = 0;
    for (std::size_t received = 0; received < orders;) {
      // Half of the window in one write, like a client with a backlog.
      if (sent < orders && (sent == received || sent + kWindow / 2 <= received + kWindow)) {
        const std::size_t end = std::min(orders, sent + std::max(kWindow / 2, shape_.requests));
        for (; sent < end; sent += shape_.requests) send(sent);
        server_.flush();
      } else {
        receive(received);
        received += shape_.requests;
      }
    }
  }

 private:
  void send(std::size_t first) {
    const std::size_t end = first + shape_.requests;
    for (const Command& command : shape_.turn) {
      if (!command.each) server_.append(filled(command.words, shape_, sha1_, first, end));
      for (std::size_t n = first; command.each && n < end; ++n) {
        server_.append(filled(command.words, shape_, sha1_, n, n + 1));
      }
    }
  }
  void receive(std::size_t first) {
    const std::size_t end = first + shape_.requests;
    for (const Command& command : shape_.turn) {
      if (!command.each) check(command, first, end);
      for (std::size_t n = first; command.each && n < end; ++n) check(command, n, n + 1);
    }
  }
  void check(const Command& command, std::size_t first, std::size_t end) {
    const Reply reply = server_.take();
    if (!command.answered) return;
    std::string expected;
    for (const std::string& word : filled(command.answer, shape_, sha1_, first, end)) expected += word;
    if (text_of(*reply) != expected) throw std::runtime_error(shape_.name + " answers " + text_of(*reply));
  }

  Server& server_;
  const Shape& shape_;
  std::string sha1_;
};

Template once(const Words& words) {
  return {Part{false, words}};
}

// Prepares the stock, the requests and the shape; returns the SHA1 of its script.
std::string prepare(Server& server, const Shape& shape, std::size_t orders) {
  (void)server.ask({"FLUSHALL", "SYNC"});
  // Old scripts would add to the cost of each garbage collection.
  (void)server.ask({"SCRIPT", "FLUSH", "SYNC"});
  std::string sha1 = shape.script.empty() ? "" : text_of(*server.ask({"SCRIPT", "LOAD", shape.script}));
  (void)server.ask({"SET", "product:shoe:stock", "1000000000"});
  Shape requests;
  const Words request = {"XADD", "orders", "{id}", "order", R"({"id":"o-{n}","sku":"shoe","quantity":1})"};
  requests.turn.push_back(Command{once(request), false, false, {}});
  for (const Words& words : shape.before) requests.turn.push_back(Command{once(words), false, false, {}});
  Run(server, requests, sha1).send_all(orders);
  for (const Words& words : shape.prepare) {
    (void)server.ask(filled(once(words), shape, sha1, 0, 1));
  }
  return sha1;
}

double cpu_seconds(Server& server) {
  const std::string info = text_of(*server.ask({"INFO", "cpu"}));
  double sum = 0;
  for (const char* name : {"used_cpu_user_main_thread:", "used_cpu_sys_main_thread:"}) {
    const std::size_t at = info.find(name);
    if (at == std::string::npos) throw std::runtime_error("INFO cpu does not show the main thread's CPU time");
    sum += std::stod(info.substr(at + std::strlen(name)));
  }
  return sum;
}

void control_callgrind(const std::string& pid, const std::string& what) {
  if (pid.empty()) return;
  const std::string command = "callgrind_control " + what + " " + pid + " >&2";
  if (std::system(command.c_str()) != 0) throw std::runtime_error(command + " failed");
}

// Server CPU of one order, in microseconds.
double measure(Server& server, const Shape& shape, std::size_t wanted, const std::string& callgrind) {
  const std::size_t orders = wanted / shape.requests * shape.requests;
  std::string sha1 = prepare(server, shape, orders);
  control_callgrind(callgrind, "-i on");
  const double before = cpu_seconds(server);
  Run(server, shape, sha1).send_all(orders);
  const double after = cpu_seconds(server);
  control_callgrind(callgrind, "-d " + shape.name + "/" + std::to_string(orders));
  control_callgrind(callgrind, "-i off");
  return (after - before) * 1e6 / static_cast<double>(orders);
}

int run(int argc, char** argv) {
  if (argc < 5) {
    std::cerr << "usage: script-cost SOCKET ORDERS ROUNDS [--callgrind PID] SHAPE...\n";
    return 2;
  }
  Server server(argv[1]);
  const std::size_t orders = std::stoul(argv[2]);
  const std::size_t rounds = std::stoul(argv[3]);
  int next = 4;
  std::string callgrind;
  if (std::string(argv[next]) == "--callgrind" && argc > next + 1) {
    callgrind = argv[next + 1];
    next += 2;
  }
  std::vector<Shape> shapes;
  for (; next < argc; ++next) shapes.push_back(read_shape(argv[next]));
  std::vector<std::vector<double>> costs(shapes.size());
  std::vector<std::vector<double>> ratios(shapes.size());
  for (std::size_t round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < shapes.size(); ++i) costs[i].push_back(measure(server, shapes[i], orders, callgrind));
    for (std::size_t i = 0; i < shapes.size(); ++i) ratios[i].push_back(costs[i].back() / costs[0].back());
  }
  std::printf("%-28s %12s %12s %12s   %s\n", "one order", "us, median", "least", "most", "ratio to the first, median");
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    std::sort(costs[i].begin(), costs[i].end());
    std::sort(ratios[i].begin(), ratios[i].end());
    std::printf("%-28s %12.2f %12.2f %12.2f   %.2f\n", shapes[i].name.c_str(), costs[i][rounds / 2], costs[i].front(),
                costs[i].back(), ratios[i][rounds / 2]);
  }
  return 0;
}

}  // namespace
}  // namespace orderd::cost

int main(int argc, char** argv) {
  try {
    return orderd::cost::run(argc, argv);
  } catch (const std::exception& problem) {
    std::cerr << "script-cost: " << problem.what() << "\n";
    return 1;
  }
}
