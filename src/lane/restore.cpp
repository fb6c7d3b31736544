// Reads in pages, so that neither the server nor this process stalls on a long ledger. Memory: 16 bytes for each result
// after the position, which is at most some seconds old.
#include "lane/restore.h"

#include <algorithm>

namespace orderd::lane {
namespace {

constexpr int kPage = 1000;

std::string_view field(const valkey::Reply& fields, std::string_view name) {
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    if (fields.at(i).text() == name) return fields.at(i + 1).text();
  }
  return {};
}

}  // namespace

Restore::Restore(const Options& options, valkey::Session& session, Settler& settler, OrderOf order_of,
                 Listener& listener)
    : options_(options), session_(session), settler_(settler), order_of_(std::move(order_of)), listener_(listener) {
  step_.owner = this;
  step_.done = [](valkey::Call& call, const valkey::Reply& reply) { static_cast<Step&>(call).owner->on_step(reply); };
}

void Restore::start(const std::optional<SetBack>& set_back) {
  ORDERD_CHECK(!running(), "a restore was started beside another");
  outcome_ = {};
  set_back_ = set_back;
  settled_.clear();
  parked_.clear();
  advance(set_back_ ? Phase::kStream : Phase::kPosition);
}

void Restore::advance(Phase phase) {
  phase_ = phase;
  valkey::Command command;
  const std::string after = cursor_.empty() ? "-" : "(" + cursor_;
  switch (phase) {
    case Phase::kStream:
    case Phase::kNewestRequest: command = valkey::Command::of("XINFO", "STREAM", options_.orders); break;
    case Phase::kStillPending:
      command = valkey::Command::of("XPENDING", options_.orders, options_.group, set_back_->first, set_back_->last, 1,
                                    options_.consumer);
      break;
    case Phase::kDestroy: command = valkey::Command::of("XGROUP", "DESTROY", options_.orders, options_.group); break;
    case Phase::kPosition: command = valkey::Command::of("HMGET", options_.position_key(), "settled", "results"); break;
    case Phase::kNewestResult:
      command = valkey::Command::of("XREVRANGE", options_.results, "+", "-", "COUNT", 1);
      break;
    case Phase::kResults:
      command = valkey::Command::of("XRANGE", options_.results, after, newest_, "COUNT", kPage);
      break;
    case Phase::kRequests:
      command = valkey::Command::of("XRANGE", options_.orders, after,
                                    settled_.empty() ? "0-0" : settled_.back().request.text(), "COUNT", kPage);
      break;
    case Phase::kCreate:
      command.begin(3 + 2 + 4 + holes_.size());
      for (const std::string_view argument :
           {std::string_view("EVALSHA"), std::string_view(session_.script_id(kRestore)), std::string_view("2"),
            std::string_view(options_.orders), std::string_view(options_.results), std::string_view(options_.group),
            std::string_view(options_.consumer)}) {
        command.add(argument);
      }
      command.add(start_.text());
      command.add(newest_);
      for (const EntryId& hole : holes_) command.add(hole.text());
      break;
    case Phase::kParked: return next_parked();
    case Phase::kIdle: return;
  }
  if (!session_.send(step_, command)) phase_ = Phase::kIdle;  // on its way down; the lane starts anew afterwards
}

void Restore::on_step(const valkey::Reply& reply) {
  if (reply.lost() || phase_ == Phase::kIdle) return;
  const bool no_stream =
      ((phase_ == Phase::kNewestRequest || phase_ == Phase::kStream) && reply.text().starts_with("ERR no such key")) ||
      (phase_ == Phase::kDestroy && reply.text().find("requires the key to exist") != std::string_view::npos);
  const bool no_group = phase_ == Phase::kStillPending && reply.error() == valkey::ErrorKind::kNoGroup;
  if (reply.is_error() && !no_stream && !no_group) {
    phase_ = Phase::kIdle;
    return listener_.on_restore_refused({reply.error(), std::string(reply.text())});
  }
  switch (phase_) {
    case Phase::kStream: return on_stream(reply);
    case Phase::kStillPending: return advance(reply.size() > 0 ? Phase::kDestroy : Phase::kPosition);
    case Phase::kDestroy: outcome_.destroyed = reply.integer() == 1; return advance(Phase::kPosition);
    case Phase::kPosition:
      position_ = EntryId::parse(reply.at(0).text());
      outcome_.served_before = reply.at(0).is_string();
      cursor_ = reply.at(1).text();
      return advance(Phase::kNewestRequest);
    case Phase::kNewestRequest:
      // Not its newest entry, which somebody may have deleted.
      begun_anew_ = EntryId::parse(field(reply, "last-generated-id")) < position_;
      outcome_.begun_anew = begun_anew_;
      return advance(Phase::kNewestResult);
    case Phase::kNewestResult:
      newest_ = reply.size() > 0 ? reply.at(0).at(0).text() : "0-0";
      return advance(Phase::kResults);
    case Phase::kResults: return on_results(reply);
    case Phase::kRequests: return on_requests(reply);
    case Phase::kCreate: return on_created(reply);
    case Phase::kParked: return on_parked(reply);
    case Phase::kIdle: return;
  }
}

// Another daemon may have had the stream's group created before this one knew that the stream is another one.
void Restore::on_stream(const valkey::Reply& reply) {
  if (!reply.is_error() && EntryId::parse(field(reply, "last-generated-id")) < set_back_->settled) {
    outcome_.begun_anew = true;
    phase_ = Phase::kIdle;
    return listener_.on_restored(outcome_);
  }
  advance(Phase::kStillPending);
}

void Restore::on_results(const valkey::Reply& reply) {
  for (std::size_t i = 0; i < reply.size(); ++i) {
    cursor_ = reply.at(i).at(0).text();
    const valkey::Reply fields = reply.at(i).at(1);
    const EntryId request = EntryId::parse(field(fields, "request"));
    if (request == EntryId{} || (request <= position_ && !begun_anew_)) continue;
    // A lost request's result names no order, whatever its entry held.
    const bool lost = field(fields, "reason") == "request_lost";
    settled_.push_back({request, lost ? kAnyOrder : std::hash<std::string_view>()(field(fields, "order"))});
  }
  if (reply.size() == kPage) return advance(Phase::kResults);
  std::sort(settled_.begin(), settled_.end());
  outcome_.served_before = outcome_.served_before || !settled_.empty();
  start_ = begun_anew_ ? EntryId{} : position_;
  holes_.clear();
  later_.clear();
  cursor_ = start_ == EntryId{} ? "" : start_.text();
  advance(Phase::kRequests);
}

void Restore::on_requests(const valkey::Reply& reply) {
  for (std::size_t i = 0; i < reply.size(); ++i) {
    cursor_ = reply.at(i).at(0).text();
    const EntryId id = EntryId::parse(cursor_);
    const valkey::Reply raw = reply.at(i).at(1);
    if (raw.size() % 2 != 0) {
      phase_ = Phase::kIdle;
      return listener_.on_restore_refused({valkey::ErrorKind::kFault, "the server answered XRANGE with no entries"});
    }
    fields_.clear();
    for (std::size_t f = 0; f < raw.size(); ++f) fields_.push_back(raw.at(f).text());
    if (has_result(id, order_of_(fields_))) {
      start_ = id;
      holes_.insert(holes_.end(), later_.begin(), later_.end());
      later_.clear();
    } else {
      later_.push_back(id);
    }
  }
  advance(reply.size() == kPage ? Phase::kRequests : Phase::kCreate);
}

void Restore::on_created(const valkey::Reply& reply) {
  if (reply.text() == "moved") {
    cursor_ = newest_ == "0-0" ? "" : newest_;
    return advance(Phase::kNewestRequest);
  }
  outcome_.created = reply.text() == "created";
  outcome_.position = start_.text();
  outcome_.holes = holes_.size();
  for (Slot& slot : settler_.slots()) {
    if (slot.state == Slot::State::kParked) parked_.push_back(&slot);
  }
  // In the order of the stream: what has to be settled without its entry is settled first come, first served.
  std::sort(parked_.begin(), parked_.end(),
            [](const Slot* a, const Slot* b) { return EntryId::parse(a->request) > EntryId::parse(b->request); });
  advance(Phase::kParked);
}

// What became of the last of `parked_`?
void Restore::next_parked() {
  while (!parked_.empty() && settled(*parked_.back())) {
    settler_.release(*parked_.back());
    parked_.pop_back();
  }
  if (parked_.empty()) {
    phase_ = Phase::kIdle;
    settled_ = {};
    return listener_.on_restored(outcome_);
  }
  const std::string& id = parked_.back()->request;
  if (!session_.send(step_, valkey::Command::of("XRANGE", options_.orders, id, id))) phase_ = Phase::kIdle;
}

void Restore::on_parked(const valkey::Reply& reply) {
  Slot& slot = *parked_.back();
  parked_.pop_back();
  if (reply.size() > 0) {
    settler_.release(slot);  // it will be delivered again
  } else {
    // Deleted after it was read: its content is here and nowhere else.
    slot.command.patch(slot.gate, '0');
    settler_.submit(slot);
  }
  next_parked();
}

bool Restore::settled(const Slot& slot) const {
  const EntryId id = EntryId::parse(slot.request);
  return (!begun_anew_ && id <= position_ && position_ != EntryId{}) || has_result(id, slot.order);
}

bool Restore::has_result(EntryId request, std::string_view order) const {
  const auto has = [&](std::size_t hash) {
    return std::binary_search(settled_.begin(), settled_.end(), Settled{request, hash});
  };
  return has(std::hash<std::string_view>()(order)) || has(kAnyOrder);
}

}  // namespace orderd::lane
