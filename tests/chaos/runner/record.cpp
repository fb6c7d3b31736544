// A list under a lock; the work is the judge's.
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
  attempts_.push_back(std::move(attempt));
}

void Record::excuse(const std::vector<std::string>& entries) {
  const std::lock_guard<std::mutex> guard(mutex_);
  for (const std::string& entry : entries) excused_.insert(EntryId::of(entry));
}

void Record::pass_over(const std::vector<std::string>& entries) {
  excuse(entries);
  const std::lock_guard<std::mutex> guard(mutex_);
  for (const std::string& entry : entries) passed_over_.insert(EntryId::of(entry));
}

void Record::disaster(Disaster disaster) {
  const std::lock_guard<std::mutex> guard(mutex_);
  disasters_.push_back(std::move(disaster));
}

std::vector<Attempt> Record::attempts() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  return attempts_;
}

std::set<EntryId> Record::excused() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  return excused_;
}

std::set<EntryId> Record::passed_over() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  return passed_over_;
}

std::vector<Record::Disaster> Record::disasters() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  return disasters_;
}

std::size_t Record::size() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  return attempts_.size();
}

}  // namespace orderd::chaos
