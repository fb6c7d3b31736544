// Sorts any number of fixed-size rows in bounded memory: what does not fit goes, sorted, into an unlinked temporary
// file (in TMPDIR, or /tmp), and is merged at the end. Few rows never touch the disk.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <type_traits>
#include <vector>

#include "audit/spill_file.h"

namespace orderd::audit {

// `Row` is plain bytes, with operator<.
template <class Row>
class RowSorter {
  static_assert(std::is_trivially_copyable_v<Row>);

 public:
  // `bytes`: for the rows in memory, and later for the buffers of the merge.
  explicit RowSorter(std::size_t bytes) : capacity_(std::max<std::size_t>(bytes / sizeof(Row), kMinRows)) {}

  [[nodiscard]] Result<bool> add(const Row& row) {
    // All at once: the pages are taken as they are written, and nothing is ever copied to grow.
    if (rows_.capacity() == 0) rows_.reserve(capacity_);
    rows_.push_back(row);
    return rows_.size() < capacity_ ? Result<bool>(true) : spill();
  }

  // No more rows come; next() follows.
  [[nodiscard]] Result<bool> finish() {
    if (!runs_.empty() && !rows_.empty()) {
      auto spilled = spill();
      if (!spilled) return spilled;
    }
    if (runs_.empty()) {
      std::sort(rows_.begin(), rows_.end());
      return true;
    }
    std::vector<Row>().swap(rows_);
    const std::size_t each = std::clamp(capacity_ / runs_.size(), kMinRows, kMaxBufferRows);
    for (Run& run : runs_) {
      auto filled = fill(run, each);
      if (!filled) return filled;
      heap_.push_back(&run);
    }
    std::make_heap(heap_.begin(), heap_.end(), later);
    return true;
  }

  // In order. False: that was all.
  [[nodiscard]] Result<bool> next(Row& row) {
    if (runs_.empty()) {
      if (at_ == rows_.size()) return false;
      row = rows_[at_++];
      return true;
    }
    if (heap_.empty()) return false;
    std::pop_heap(heap_.begin(), heap_.end(), later);
    Run& run = *heap_.back();
    row = run.buffer[run.at++];
    if (run.at == run.buffer.size()) {
      auto filled = fill(run, run.buffer.size());
      if (!filled) return filled;
    }
    if (run.buffer.empty()) {
      heap_.pop_back();
    } else {
      std::push_heap(heap_.begin(), heap_.end(), later);
    }
    return true;
  }

  [[nodiscard]] std::size_t spilled_bytes() const { return file_.size(); }

 private:
  static constexpr std::size_t kMinRows = 64;
  static constexpr std::size_t kMaxBufferRows = 64 * 1024;
  struct Run {
    std::size_t from = 0;  // in the file
    std::size_t rows = 0;  // still there
    std::vector<Row> buffer = {};
    std::size_t at = 0;
  };
  static bool later(const Run* a, const Run* b) { return b->buffer[b->at] < a->buffer[a->at]; }

  [[nodiscard]] Result<bool> spill() {
    std::sort(rows_.begin(), rows_.end());
    runs_.push_back({file_.size(), rows_.size()});
    auto written = file_.append(std::as_bytes(std::span(rows_)));
    rows_.clear();
    return written;
  }
  // An empty buffer afterwards: the run is at its end.
  [[nodiscard]] Result<bool> fill(Run& run, std::size_t rows) {
    run.buffer.resize(std::min(rows, run.rows));
    run.at = 0;
    if (run.buffer.empty()) return true;
    auto read = file_.read(run.from, std::as_writable_bytes(std::span(run.buffer)));
    run.rows -= run.buffer.size();
    run.from += run.buffer.size() * sizeof(Row);
    return read;
  }

  const std::size_t capacity_;
  std::vector<Row> rows_;
  std::size_t at_ = 0;
  SpillFile file_;
  std::vector<Run> runs_;
  std::vector<Run*> heap_;
};

}  // namespace orderd::audit
