// The verdict on a trial that was healed and drained. It compares the streams with the producers' record and with what
// a reader has seen. It also runs orderctl audit, which knows neither.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace orderd::chaos {

class Trial;

struct Counts {
  uint64_t requests = 0;  // by the producers
  uint64_t ok = 0;
  uint64_t failed = 0;
  uint64_t unknown = 0;
  uint64_t recovered = 0;    // of those without a reply, how many were in the stream
  uint64_t deleted = 0;      // by a fault, before they were settled
  uint64_t passed_over = 0;  // of these, restored in the stream without a result
  uint64_t restarts = 0;     // of the order of requests, explained by a fault
  uint64_t forgotten = 0;    // acknowledged, then lost by the server (lossy trials)
  uint64_t reported = 0;     // of these, reported by the daemons (only where primaries move)
  uint64_t results = 0;
  uint64_t replies = 0;
};

// Each count, with its name in JSON and in the table, in the order of the report.
struct CountRow {
  uint64_t Counts::*count;
  const char* name;
  const char* words;
};
inline constexpr CountRow kCountRows[] = {
    {&Counts::requests, "attempts", "requests attempted"},
    {&Counts::ok, "ok", "  answered with an ID"},
    {&Counts::failed, "failed", "  refused"},
    {&Counts::unknown, "unknown", "  never answered"},
    {&Counts::recovered, "of_those_there", "results of requests without a reply"},
    {&Counts::deleted, "deleted_by_a_fault", "requests that a fault deleted before they were settled"},
    {&Counts::passed_over, "named_by_the_audit", "  of these, restored and reported by the audit"},
    {&Counts::restarts, "order_restarts", "expected restarts of the order of requests"},
    {&Counts::forgotten, "lost_by_the_server", "acknowledged, then lost by the server"},
    {&Counts::reported, "reported_by_daemons", "lost requests that the daemons reported"},
    {&Counts::results, "results", "results"},
    {&Counts::replies, "replies", "replies that match their result"},
};

struct Verdict : Counts {
  std::vector<std::string> violations;       // empty: all promises were kept
  std::map<std::string, uint64_t> outcomes;  // by status or reason
  std::string audit;                         // of orderctl audit --json
};

// Throws std::runtime_error if the trial cannot be judged.
[[nodiscard]] Verdict judge(Trial& trial);

}  // namespace orderd::chaos
