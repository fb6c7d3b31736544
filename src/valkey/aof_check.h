// One run of valkey-check-aof or valkey-check-rdb at a time, without blocking the loop.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "loop/loop.h"

namespace orderd::valkey {

class AofCheck {
 public:
  enum class Mode {
    kLook,  // reads the file, changes nothing
    kFix,   // the same, and truncates after the last complete command or transaction; not for RDB files
  };
  struct Report {
    int exit_status = 0;  // 0: the file is valid, or was repaired
    std::string output;   // the last part, if it is long
  };
  using Done = std::function<void(const Result<Report>&)>;

  explicit AofCheck(Loop& loop);
  // As cancel().
  ~AofCheck();
  AofCheck(const AofCheck&) = delete;
  AofCheck& operator=(const AofCheck&) = delete;

  // Only while none runs. On failure the program could not be started; the text has the remedy, and `done` is not
  // called. Otherwise `done` is called once, from the loop, unless cancel() comes first. It may start the next run or
  // cancel. It gets a failure if the program was killed or did not end in time.
  [[nodiscard]] Result<bool> start(const std::string& file, Mode mode, Done done);
  // Kills the process. The file is unchanged or repaired: truncation is one step.
  void cancel();

  // The program that checks this file: RDB files have their own.
  [[nodiscard]] static std::string program(std::string_view file);

 private:
  [[nodiscard]] Result<bool> spawn(const std::string& file, Mode mode);
  void on_output(ssize_t size, const char* bytes);
  void on_exit(int64_t status, int signal);
  void finish_when_over();

  Loop& loop_;
  Timer patience_;
  std::string program_;
  HandlePtr<uv_process_t> process_;
  HandlePtr<uv_pipe_t> pipe_;
  std::string failure_;  // reported instead of a report
  Report report_;
  Done done_;
  bool exited_ = false;
  bool read_all_ = false;
};

}  // namespace orderd::valkey
