// Cuts one reply after another out of the bytes of a connection (RESP2), without an allocation for each element: a
// reply is a flat list of nodes and the bytes they point into.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace orderd::audit {

struct RespNode {
  enum class Kind : uint8_t { kString, kError, kInteger, kNil, kArray };
  Kind kind = Kind::kNil;
  uint32_t size = 0;  // bytes of a string or an error, elements of an array
  uint32_t end = 0;   // the node behind this one and all that is in it
  int64_t value = 0;  // an integer, or where the bytes stand
};

// A node of a reply and all that is in it. Valid until the reader is touched.
class RespView {
 public:
  RespView(const RespNode* nodes, const char* bytes, uint32_t at) : nodes_(nodes), bytes_(bytes), at_(at) {}

  [[nodiscard]] bool is_error() const { return node().kind == RespNode::Kind::kError; }
  [[nodiscard]] bool is_nil() const { return node().kind == RespNode::Kind::kNil; }
  [[nodiscard]] bool is_array() const { return node().kind == RespNode::Kind::kArray; }
  [[nodiscard]] bool is_string() const { return node().kind == RespNode::Kind::kString; }
  // Of a string or an error; else empty.
  [[nodiscard]] std::string_view text() const {
    const bool has = node().kind == RespNode::Kind::kString || node().kind == RespNode::Kind::kError;
    return has ? std::string_view(bytes_ + node().value, node().size) : std::string_view();
  }
  // 0 for anything but an integer.
  [[nodiscard]] int64_t integer() const { return node().kind == RespNode::Kind::kInteger ? node().value : 0; }
  // Elements of an array; else 0.
  [[nodiscard]] uint32_t size() const { return is_array() ? node().size : 0; }
  // The first element, only where there is one; the node behind this one, only where its array has one more.
  [[nodiscard]] RespView first() const { return {nodes_, bytes_, at_ + 1}; }
  [[nodiscard]] RespView next() const { return {nodes_, bytes_, node().end}; }
  // Only where there are so many. Walks.
  [[nodiscard]] RespView at(uint32_t index) const {
    RespView view = first();
    for (; index > 0; --index) view = view.next();
    return view;
  }

 private:
  [[nodiscard]] const RespNode& node() const { return nodes_[at_]; }
  const RespNode* nodes_;
  const char* bytes_;
  uint32_t at_;
};

class RespReader {
 public:
  struct Limits {
    std::size_t reply_bytes = std::size_t{1} << 30;
    std::size_t elements = std::size_t{1} << 26;  // of a whole reply
    std::size_t depth = 8;
  };
  enum class State { kMore, kReady, kBroken };

  RespReader() : RespReader(Limits()) {}
  explicit RespReader(Limits limits) : limits_(limits) {}

  // Where bytes may be put, at least `room` of them; then filled() tells how many were. Not while a reply is ready.
  [[nodiscard]] std::span<char> space(std::size_t room);
  void filled(std::size_t bytes) { end_ += bytes; }
  // Looks at what was filled in. kBroken stays: problem() says why.
  [[nodiscard]] State parse();
  [[nodiscard]] const std::string& problem() const { return problem_; }

  // Of a ready reply.
  [[nodiscard]] RespView reply() const { return {nodes_.data(), buffer_.data() + begin_, 0}; }
  [[nodiscard]] std::size_t reply_bytes() const { return at_ - begin_; }
  // Drops the ready reply. The bytes behind it stay.
  void drop();

 private:
  struct Open {
    uint32_t node;
    uint32_t left;
  };
  [[nodiscard]] State broken(std::string_view what);
  // kReady: one more node is there.
  [[nodiscard]] State parse_node();
  [[nodiscard]] State add_sized(char type, int64_t number, std::size_t after);
  void close();

  const Limits limits_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  // of the reply
  std::size_t at_ = 0;     // what was looked at
  std::size_t end_ = 0;    // of what was filled in
  std::vector<RespNode> nodes_;
  std::vector<Open> open_;
  State state_ = State::kMore;
  std::string problem_;
};

}  // namespace orderd::audit
