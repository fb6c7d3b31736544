// Lists behind a mutex; the judge does the work.
#include "chaos/runner/record.h"

#include <charconv>
#include <map>

namespace orderd::chaos {

EntryId EntryId::of(std::string_view text) {
  EntryId id;
  const char* end = text.data() + text.size();
  const auto [dash, bad] = std::from_chars(text.data(), end, id.ms);
  if (bad != std::errc{} || dash == end || *dash != '-') return {};
  const auto [stop, worse] = std::from_chars(dash + 1, end, id.sequence);
  return worse == std::errc{} && stop == end ? id : EntryId{};
}

std::string Order::content() const {
  std::map<std::string, uint64_t> sums;
  for (const auto& [sku, quantity] : lines) sums[sku] += quantity;
  std::string text = customer;
  for (const auto& [sku, quantity] : sums) text.append("\n").append(sku).append("=").append(std::to_string(quantity));
  return text;
}

void Record::add(const Order& order, Outcome outcome, EntryId entry) {
  Attempt attempt{order.id, order.malformed ? "" : order.content(), order.malformed, outcome, entry};
  const std::lock_guard<std::mutex> guard(mutex_);
  contents_.attempts.push_back(std::move(attempt));
}

void Record::deleted(const std::vector<EntryId>& entries) {
  const std::lock_guard<std::mutex> guard(mutex_);
  contents_.deleted.insert(entries.begin(), entries.end());
}

void Record::never_read(const std::vector<EntryId>& entries) {
  const std::lock_guard<std::mutex> guard(mutex_);
  contents_.never_read.insert(entries.begin(), entries.end());
}

void Record::discarded(IdRange range) {
  const std::lock_guard<std::mutex> guard(mutex_);
  contents_.discarded.push_back(range);
}

void Record::absent(Absence absence) {
  const std::lock_guard<std::mutex> guard(mutex_);
  contents_.absences.push_back(std::move(absence));
}

void Record::recreated(EntryId first) {
  const std::lock_guard<std::mutex> guard(mutex_);
  contents_.recreated.insert(first);
}

void Record::foreign_record(const std::string& order, bool certain) {
  const std::lock_guard<std::mutex> guard(mutex_);
  contents_.foreign_records[order] = certain;
}

void Record::data_loss(DataLoss data_loss) {
  const std::lock_guard<std::mutex> guard(mutex_);
  contents_.data_losses.push_back(std::move(data_loss));
}

Record::Contents Record::contents() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  return contents_;
}

}  // namespace orderd::chaos
