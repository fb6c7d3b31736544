// The server of the lane's fuzz target: does the handshake, and takes all other replies from the input.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fuzz/input.h"
#include "fuzz/peer.h"
#include "transport/command_parser.h"

namespace orderd::fuzz {

class LaneServer {
 public:
  LaneServer(const Listening& listening, Input input) : listening_(listening), input_(input) {}

  // Accepts connections and replies to commands. False: there were none.
  bool serve();

 private:
  struct Client {
    Peer peer;
    test::CommandParser parser;
  };
  using Words = std::vector<std::string>;

  void answer(Client& client, const Words& words);
  // The reply from the input; empty: no reply.
  [[nodiscard]] std::string reply(const Words& words);
  [[nodiscard]] std::string entries();
  [[nodiscard]] std::string right_reply(const Words& words);

  const Listening& listening_;
  Input input_;
  std::vector<Client> clients_;
  int next_id_ = 1;
};

}  // namespace orderd::fuzz
