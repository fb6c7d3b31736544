// Measures what one script call costs a server, as CPU time or, under callgrind, as instructions. Each shape is a text
// file: which script, with which keys and arguments. All shapes are measured in turn, round after round, on the same
// server, so that their ratios hold on a machine that does other work as well.
//
//     script-cost SOCKET CALLS ROUNDS [--callgrind PID] SHAPE...
//
// The server is emptied. For each shape CALLS requests are made pending first, unmeasured; then CALLS calls are sent
// through a pipeline, and each has to give the answer that the shape names. Lines of a shape:
//
//     script FILE | key TEXT | argument TEXT | answer TEXT
//     window N        unanswered calls at most
//     fill WORD...    a command that is sent CALLS times beforehand, unmeasured
//
// In TEXT stands {n} for the number of the call, {request} for the id of its request entry, {digest} for 16 digits.
#include <hiredis/hiredis.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr std::size_t kBatch = 128;  // calls written at once, as orderd does

struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Reply = std::unique_ptr<redisReply, FreeReply>;

struct Shape {
  std::string name;
  std::string script;
  std::string answer = "accepted";
  std::vector<std::string> keys;
  std::vector<std::string> arguments;
  std::size_t window = 1024;
  std::vector<std::vector<std::string>> fills;
};

Shape read_shape(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read the shape " + path);
  Shape shape;
  shape.name = path.substr(path.rfind('/') + 1);
  for (std::string line; std::getline(file, line);) {
    if (line.empty()) continue;
    const std::size_t space = line.find(' ');
    const std::string word = line.substr(0, space);
    const std::string text = space == std::string::npos ? "" : line.substr(space + 1);
    if (word == "script") {
      std::ifstream script(text);
      if (!script) throw std::runtime_error(path + ": cannot read the script " + text);
      shape.script = (std::ostringstream() << script.rdbuf()).str();
    } else if (word == "key") {
      shape.keys.push_back(text);
    } else if (word == "argument") {
      shape.arguments.push_back(text);
    } else if (word == "answer") {
      shape.answer = text;
    } else if (word == "fill") {
      std::istringstream words(text);
      shape.fills.emplace_back(std::istream_iterator<std::string>(words), std::istream_iterator<std::string>());
    } else if (word == "window") {
      shape.window = std::stoul(text);
    } else {
      throw std::runtime_error(path + ": unknown word '" + word + "'");
    }
  }
  return shape;
}

std::string request_id(std::size_t n) {
  return std::to_string(1795462600000 + n / 4) + "-" + std::to_string(n % 4);
}

std::string filled(const std::string& text, std::size_t n) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto takes = [&](std::string_view mark) {
      if (text.compare(at, mark.size(), mark) != 0) return false;
      at += mark.size();
      return true;
    };
    if (takes("{n}")) {
      out += std::to_string(n);
    } else if (takes("{request}")) {
      out += request_id(n);
    } else if (takes("{digest}")) {
      char digits[17];
      (void)std::snprintf(digits, sizeof digits, "%016zx", (n + 1) * 0x9E3779B97F4A7C15U);
      out += digits;
    } else {
      out += text[at++];
    }
  }
  return out;
}

class Server {
 public:
  explicit Server(const char* socket) : context_(redisConnectUnix(socket)) {
    if (context_ == nullptr || context_->err != 0) throw std::runtime_error(std::string("cannot connect to ") + socket);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() { redisFree(context_); }

  void append(const std::vector<std::string>& words) {
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
    if (taken->type == REDIS_REPLY_ERROR) throw std::runtime_error(std::string("the server says: ") + taken->str);
    return taken;
  }
  Reply ask(const std::vector<std::string>& words) {
    append(words);
    return take();
  }

 private:
  [[noreturn]] void fail() const { throw std::runtime_error(context_->errstr); }
  redisContext* context_;
};

// `count` commands, made by `make(n)`, through a pipeline; each reply goes to `check`.
template <class Make, class Check>
void pipeline(Server& server, std::size_t count, std::size_t window, Make make, Check check) {
  std::size_t sent = 0;
  for (std::size_t received = 0; received < count;) {
    while (sent < count && sent - received + std::min(kBatch, window) <= window) {
      const std::size_t end = std::min(count, sent + std::min(kBatch, window));
      while (sent < end) server.append(make(sent++));
      server.flush();
    }
    const std::size_t end = std::min(sent, received + std::min(kBatch, window));
    for (; received < end; ++received) check(server.take());
  }
}

// Everything that a settled order needs: stock, and its request pending.
void prepare(Server& server, std::size_t calls) {
  (void)server.ask({"FLUSHALL", "SYNC"});
  (void)server.ask({"SET", "product:shoe:stock", "1000000000"});
  pipeline(
      server, calls, 1024,
      [](std::size_t n) {
        return std::vector<std::string>{"XADD", "orders", request_id(n), "order",
                                        R"({"id":"o-)" + std::to_string(n) + R"(","sku":"shoe","quantity":1})"};
      },
      [](const Reply&) {});
  (void)server.ask({"XGROUP", "CREATE", "orders", "orderd", "0"});
  for (std::size_t read = 0; read < calls; read += kBatch) {
    (void)server.ask({"XREADGROUP", "GROUP", "orderd", "c", "COUNT", std::to_string(kBatch), "STREAMS", "orders", ">"});
  }
}

double cpu_seconds(Server& server) {
  const std::string info = server.ask({"INFO", "cpu"})->str;
  double sum = 0;
  for (const char* name : {"used_cpu_user_main_thread:", "used_cpu_sys_main_thread:"}) {
    const std::size_t at = info.find(name);
    if (at == std::string::npos) throw std::runtime_error("INFO cpu does not tell the main thread's CPU time");
    sum += std::stod(info.substr(at + std::strlen(name)));
  }
  return sum;
}

void control_callgrind(const std::string& pid, const std::string& what) {
  if (pid.empty()) return;
  const std::string command = "callgrind_control " + what + " " + pid + " >&2";
  if (std::system(command.c_str()) != 0) throw std::runtime_error(command + " failed");
}

// Server CPU of one call, in microseconds.
double measure(Server& server, const Shape& shape, std::size_t calls, const std::string& callgrind) {
  prepare(server, calls);
  for (const auto& fill : shape.fills) {
    pipeline(
        server, calls, 1024,
        [&](std::size_t n) {
          std::vector<std::string> words;
          for (const std::string& word : fill) words.push_back(filled(word, n));
          return words;
        },
        [](const Reply&) {});
  }
  // Scripts that are no longer needed would still cost each collection of garbage.
  (void)server.ask({"SCRIPT", "FLUSH", "SYNC"});
  const std::string hash = server.ask({"SCRIPT", "LOAD", shape.script})->str;
  std::vector<std::string> words = {"EVALSHA", hash, std::to_string(shape.keys.size())};
  words.insert(words.end(), shape.keys.begin(), shape.keys.end());
  words.insert(words.end(), shape.arguments.begin(), shape.arguments.end());
  control_callgrind(callgrind, "-i on");
  const double before = cpu_seconds(server);
  pipeline(
      server, calls, shape.window,
      [&](std::size_t n) {
        std::vector<std::string> call;
        call.reserve(words.size());
        for (const std::string& word : words) call.push_back(filled(word, n));
        return call;
      },
      [&](const Reply& reply) {
        const std::string answer = reply->type == REDIS_REPLY_INTEGER ? std::to_string(reply->integer)
                                                                      : std::string(reply->str ? reply->str : "nil");
        if (answer != shape.answer) throw std::runtime_error(shape.name + " answers " + answer);
      });
  const double after = cpu_seconds(server);
  control_callgrind(callgrind, "-d " + shape.name);
  control_callgrind(callgrind, "-i off");
  return (after - before) * 1e6 / static_cast<double>(calls);
}

int run(int argc, char** argv) {
  if (argc < 5) {
    std::cerr << "usage: script-cost SOCKET CALLS ROUNDS [--callgrind PID] SHAPE...\n";
    return 2;
  }
  Server server(argv[1]);
  const std::size_t calls = std::stoul(argv[2]);
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
    for (std::size_t i = 0; i < shapes.size(); ++i) costs[i].push_back(measure(server, shapes[i], calls, callgrind));
    for (std::size_t i = 0; i < shapes.size(); ++i) ratios[i].push_back(costs[i].back() / costs[0].back());
  }
  std::printf("%-28s %12s %12s %12s   %s\n", "shape", "us, median", "least", "most", "ratio to the first, median");
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    std::sort(costs[i].begin(), costs[i].end());
    std::sort(ratios[i].begin(), ratios[i].end());
    std::printf("%-28s %12.2f %12.2f %12.2f   %.2f\n", shapes[i].name.c_str(), costs[i][rounds / 2], costs[i].front(),
                costs[i].back(), ratios[i][rounds / 2]);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& problem) {
    std::cerr << "script-cost: " << problem.what() << "\n";
    return 1;
  }
}
