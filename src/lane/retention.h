// Removes old entries from both streams, in bounded steps, until nothing is due. See lua/trim.lua.
#pragma once

#include <functional>
#include <string>

#include "lane/ask.h"
#include "lane/options.h"
#include "lane/status.h"
#include "loop/loop.h"
#include "valkey/link.h"

namespace orderd::lane {

class Retention {
 public:
  // What the server said of a stream's trim: kNone where it was carried out.
  using Told = std::function<void(const char* stream, const valkey::Error& error)>;

  Retention(Loop& loop, const Options& options, valkey::Link& link, Counters& counters, Told told);
  Retention(const Retention&) = delete;
  Retention& operator=(const Retention&) = delete;

  // While the lane serves.
  void start();
  void stop();

 private:
  struct Stream {
    Stream(Retention& retention, const char* its_kind, const std::string& its_key, const Milliseconds& its_retention);
    const char* kind;
    const std::string& key;
    const Milliseconds& keep;
    Ask ask;
    Timer timer;
  };

  void trim(Stream& stream);
  void on_trimmed(Stream& stream, const valkey::Reply& reply);
  static Milliseconds period(const Stream& stream);

  Loop& loop_;
  const Options& options_;
  valkey::Link& link_;
  Counters& counters_;
  Told told_;
  Stream orders_;
  Stream results_;
  bool running_ = false;
};

}  // namespace orderd::lane
