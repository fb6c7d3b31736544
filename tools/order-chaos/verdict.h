// What a trial has found, or all trials of a run.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace orderd::chaos {

struct Counts {
  uint64_t requests = 0;  // by the producers
  uint64_t ok = 0;
  uint64_t failed = 0;
  uint64_t unknown = 0;
  uint64_t recovered = 0;    // of those without a reply, how many were in the stream
  uint64_t deleted = 0;      // by a fault, before they were settled
  uint64_t passed_over = 0;  // of these, restored in the stream without a result
  uint64_t restarts = 0;     // of the order of requests, explained by a fault
  uint64_t forgotten = 0;    // acknowledged, then lost by the server
  uint64_t reported = 0;     // lost settled requests, according to the daemons
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

// How often a fault was injected, and how long each recovery took.
struct Tally {
  uint64_t injected = 0;
  std::vector<std::chrono::milliseconds> recovery;  // only if it was injected alone

  void add(const Tally& other) {
    injected += other.injected;
    recovery.insert(recovery.end(), other.recovery.begin(), other.recovery.end());
  }
};

struct Verdict : Counts {
  std::vector<std::string> violations;       // empty: all promises were kept
  std::vector<std::string> skipped;          // faults that could not be injected
  std::map<std::string, Tally> faults;       // by ID, space, name
  std::map<std::string, uint64_t> outcomes;  // by status or reason
  std::string audit;                         // of orderctl audit --json

  void add(const Verdict& other) {
    for (const CountRow& row : kCountRows) this->*row.count += other.*row.count;
    for (const auto& [outcome, count] : other.outcomes) outcomes[outcome] += count;
    violations.insert(violations.end(), other.violations.begin(), other.violations.end());
    skipped.insert(skipped.end(), other.skipped.begin(), other.skipped.end());
    for (const auto& [key, tally] : other.faults) faults[key].add(tally);
    audit += other.audit;
  }
};

}  // namespace orderd::chaos
