// Pushes an order and waits for its result: order ID SKU QUANTITY
//   c++ -std=c++20 -o order order.cpp -lhiredis
#include <hiredis/hiredis.h>
#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using Json = nlohmann::json;
using Context = std::unique_ptr<redisContext, decltype(&redisFree)>;

constexpr int kTries = 3;
constexpr int kTimeout = 5;  // seconds

std::string variable(const char* name, const char* fallback = "") {
  const char* value = std::getenv(name);
  return value == nullptr ? fallback : value;
}

// The texts of the reply: one of a string, several of an array, none of a null.
std::vector<std::string> call(redisContext& context, const std::vector<std::string>& words) {
  std::vector<const char*> texts;
  std::vector<size_t> sizes;
  for (const std::string& word : words) texts.push_back(word.data()), sizes.push_back(word.size());
  void* answer = redisCommandArgv(&context, static_cast<int>(words.size()), texts.data(), sizes.data());
  if (answer == nullptr) throw std::runtime_error(context.errstr);
  const std::unique_ptr<void, decltype(&freeReplyObject)> owner(answer, &freeReplyObject);
  const redisReply& reply = *static_cast<redisReply*>(answer);
  if (reply.type == REDIS_REPLY_ERROR) throw std::runtime_error(reply.str);
  std::vector<std::string> result;
  if (reply.str != nullptr) result.emplace_back(reply.str, reply.len);
  for (size_t i = 0; i < reply.elements; ++i) result.emplace_back(reply.element[i]->str, reply.element[i]->len);
  return result;
}

Context connect() {
  const std::string socket = variable("VALKEY_SOCKET"), password = variable("VALKEY_PASSWORD");
  Context context(socket.empty() ? redisConnectWithTimeout(variable("VALKEY_HOST", "127.0.0.1").c_str(),
                                                           std::stoi(variable("VALKEY_PORT", "6379")), {2, 0})
                                 : redisConnectUnixWithTimeout(socket.c_str(), {2, 0}),
                  &redisFree);
  if (!context || context->err != 0) throw std::runtime_error(context ? context->errstr : "out of memory");
  // Must exceed BLPOP's timeout, or waiting looks like a lost connection.
  redisSetTimeout(context.get(), {kTimeout + 5, 0});
  if (!password.empty()) call(*context, {"AUTH", variable("VALKEY_USER", "default"), password});
  return context;
}

Json ask(const std::string& id, const std::string& sku, const std::string& quantity) {
  const Context context = connect();
  // The quantity of a form is a string, and "1" or 1.0 is malformed: it has to be a JSON integer.
  char* end = nullptr;
  const long long integer = std::strtoll(quantity.c_str(), &end, 10);
  const Json order = {{"id", id}, {"sku", sku}, {"quantity", *end == '\0' ? integer : 0}, {"reply_to", id}};
  const std::string request = call(*context, {"XADD", "orders", "*", "order", order.dump()}).at(0);
  for (;;) {
    const auto reply = call(*context, {"BLPOP", "orders:reply:" + id, std::to_string(kTimeout)});
    if (reply.empty()) throw std::runtime_error("no result within " + std::to_string(kTimeout) + " s");
    const Json result = Json::parse(reply.at(1));
    if (result["request"] == request) return result;  // else: a late result of an earlier try
  }
}

int main(int argc, char** argv) {
  if (argc != 4) return std::cerr << "usage: order ID SKU QUANTITY\n", 64;
  signal(SIGPIPE, SIG_IGN);  // hiredis writes to a connection that the server has closed
  const std::string id = argv[1];
  // After a timeout or a lost connection the outcome is unknown. With the same ID a retry cannot order twice.
  for (int n = 1; n <= kTries; ++n) {
    try {
      const Json result = ask(id, argv[2], argv[3]);
      // A duplicate carries the original decision: the one that counts.
      const bool duplicate = result["status"] == "duplicate";
      const std::string decision = result[duplicate ? "outcome" : "status"];
      std::cout << id << ": " << decision << (duplicate ? " (duplicate)" : "");
      for (const char* name : {"reason", "detail"})
        if (result.contains(name)) std::cout << ": " << result[name].get<std::string>();
      std::cout << std::endl;
      return decision == "accepted" ? 0 : 1;
    } catch (const std::exception& error) {
      std::cerr << "try " << n << " of " << kTries << ": " << error.what() << "\n";
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
  }
  std::cout << id << ": unknown; retry with the same ID\n";
  return 2;
}
