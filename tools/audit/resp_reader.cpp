// One pass over the bytes. What is unfinished is looked at again from the beginning of its node, which for a bulk
// string is its length only.
#include "audit/resp_reader.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "base/check.h"

namespace orderd::audit {
namespace {

constexpr std::size_t kMaxLineBytes = 64 * 1024;

std::optional<int64_t> number_of(const char* from, const char* to) {
  const bool negative = from != to && *from == '-';
  if (negative) ++from;
  if (from == to || to - from > 18) return std::nullopt;
  int64_t number = 0;
  for (; from != to; ++from) {
    if (*from < '0' || *from > '9') return std::nullopt;
    number = number * 10 + (*from - '0');
  }
  return negative ? -number : number;
}

}  // namespace

std::span<char> RespReader::space(std::size_t room) {
  ORDERD_CHECK(state_ != State::kReady, "a reply that was not dropped");
  if (begin_ > 0 && buffer_.size() - end_ < room) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    at_ -= begin_;
    end_ -= begin_;
    begin_ = 0;
  }
  if (buffer_.size() - end_ < room) buffer_.resize(std::max(end_ + room, 2 * buffer_.size()));
  return std::span(buffer_).subspan(end_);
}

RespReader::State RespReader::broken(std::string_view what) {
  problem_ = what;
  return state_ = State::kBroken;
}

RespReader::State RespReader::parse() {
  while (state_ == State::kMore) {
    if (at_ - begin_ > limits_.reply_bytes) return broken("a reply that is too long");
    const State one = parse_node();
    if (one != State::kReady) return one;
    while (!open_.empty() && open_.back().left == 0) close();
    if (open_.empty()) state_ = State::kReady;
  }
  return state_;
}

void RespReader::close() {
  nodes_[open_.back().node].end = static_cast<uint32_t>(nodes_.size());
  open_.pop_back();
}

RespReader::State RespReader::parse_node() {
  if (at_ == end_) return State::kMore;
  const char* const from = buffer_.data() + at_;
  const std::size_t there = std::min(end_ - at_, kMaxLineBytes);
  const auto* const line_end = static_cast<const char*>(std::memchr(from, '\r', there));
  if (line_end == nullptr || line_end + 1 == buffer_.data() + end_) {
    if (there == kMaxLineBytes) return broken("a line that is too long");
    return State::kMore;
  }
  if (line_end[1] != '\n') return broken("a line that does not end as it has to");
  const char type = *from;
  const auto after = static_cast<std::size_t>(line_end + 2 - buffer_.data());
  if (type == '+' || type == '-') {
    if (nodes_.size() >= limits_.elements) return broken("a reply with too many elements");
    if (!open_.empty()) --open_.back().left;
    const auto kind = type == '+' ? RespNode::Kind::kString : RespNode::Kind::kError;
    nodes_.push_back({kind, static_cast<uint32_t>(line_end - from - 1), static_cast<uint32_t>(nodes_.size() + 1),
                      static_cast<int64_t>(at_ + 1 - begin_)});
    at_ = after;
    return State::kReady;
  }
  if (type != ':' && type != '$' && type != '*') return broken("something that is no reply");
  const auto number = number_of(from + 1, line_end);
  if (!number) return broken("a length or a number that is none");
  return add_sized(type, *number, after);
}

RespReader::State RespReader::add_sized(char type, int64_t number, std::size_t after) {
  RespNode node{RespNode::Kind::kInteger, 0, static_cast<uint32_t>(nodes_.size() + 1), number};
  std::size_t next = after;
  if (type != ':') {
    if (number < -1) return broken("a length below zero");
    node.kind = number == -1 ? RespNode::Kind::kNil : type == '$' ? RespNode::Kind::kString : RespNode::Kind::kArray;
  }
  if (node.kind == RespNode::Kind::kString) {
    const auto size = static_cast<std::size_t>(number);
    if (size > limits_.reply_bytes) return broken("a string that is too long");
    if (end_ - after < size + 2) return State::kMore;
    if (buffer_[after + size] != '\r' || buffer_[after + size + 1] != '\n') return broken("a string that does not end");
    node.size = static_cast<uint32_t>(size);
    node.value = static_cast<int64_t>(after - begin_);
    next = after + size + 2;
  }
  if (nodes_.size() >= limits_.elements) return broken("a reply with too many elements");
  if (!open_.empty()) --open_.back().left;
  if (node.kind == RespNode::Kind::kArray) {
    if (static_cast<std::size_t>(number) > limits_.elements) return broken("a reply with too many elements");
    if (open_.size() >= limits_.depth) return broken("a reply that is nested too deeply");
    node.size = static_cast<uint32_t>(number);
    open_.push_back({static_cast<uint32_t>(nodes_.size()), node.size});
  }
  nodes_.push_back(node);
  at_ = next;
  return State::kReady;
}

void RespReader::drop() {
  ORDERD_CHECK(state_ == State::kReady, "there is no reply to drop");
  begin_ = at_;
  if (begin_ == end_) begin_ = at_ = end_ = 0;
  nodes_.clear();
  state_ = State::kMore;
}

}  // namespace orderd::audit
