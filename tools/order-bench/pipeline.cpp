#include "order-bench/pipeline.h"

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "order-bench/lab.h"

namespace orderd::bench {

void Pipeline::add(valkey::Command command, std::optional<std::string> answer) {
  steps_.push_back({std::move(command), std::move(answer)});
}

void Pipeline::end_turn(std::size_t orders) {
  turns_.push_back(steps_.size());
  orders_ += orders;
}

double Pipeline::run(valkey::SyncClient client, std::size_t window) const {
  const std::size_t half = std::max<std::size_t>(window / 2, 1);
  const std::size_t turns = turns_.size() - 1;
  const auto begin = std::chrono::steady_clock::now();
  std::size_t sent = 0;
  for (std::size_t received = 0; received < turns;) {
    if (sent < turns && (sent == received || sent + half <= received + window)) {
      const std::size_t end = std::min(sent + half, turns);
      for (std::size_t i = turns_[sent]; i < turns_[end]; ++i) client.append(steps_[i].command);
      client.flush();
      sent = end;
    } else {
      receive(client, turns_[received], turns_[received + 1]);
      ++received;
    }
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void Pipeline::receive(valkey::SyncClient& client, std::size_t first, std::size_t end) const {
  for (std::size_t i = first; i < end; ++i) {
    const valkey::OwnedReply owned = need(client.read());
    const valkey::Reply reply = owned.view();
    const std::optional<std::string>& answer = steps_[i].answer;
    const bool good = reply.is_integer() ? answer == std::to_string(reply.integer()) : answer == reply.text();
    if (reply.is_error() || (answer && !good)) {
      throw std::runtime_error("unexpected reply: " + (reply.is_integer() ? std::to_string(reply.integer())
                                                                          : std::string(reply.text().substr(0, 120))));
    }
  }
}

}  // namespace orderd::bench
