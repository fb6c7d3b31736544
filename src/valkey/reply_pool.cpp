// The top-level reply is the first member of its pool: hiredis creates it first, its parts later. If memory runs out,
// these functions return null, and hiredis reports it.
#include "valkey/reply_pool.h"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

namespace orderd::valkey {
namespace {

constexpr std::size_t kAlign = alignof(std::max_align_t);
constexpr std::size_t kFirstBlock = 1024;
constexpr std::size_t kLargestBlock = std::size_t{64} * 1024;

struct alignas(kAlign) Block {
  Block* before;
};

struct Pool {
  redisReply whole{};
  Block* newest = nullptr;
  std::byte* free = nullptr;
  std::size_t left = 0;
  std::size_t next_block = kFirstBlock;

  // Zeroed memory.
  void* take(std::size_t bytes) {
    bytes = (bytes + kAlign - 1) / kAlign * kAlign;
    if (bytes > left) {
      const std::size_t size = std::max(bytes, next_block);
      auto* const block = static_cast<Block*>(std::calloc(1, sizeof(Block) + size));
      if (block == nullptr) return nullptr;
      block->before = newest;
      newest = block;
      free = reinterpret_cast<std::byte*>(block + 1);
      left = size;
      next_block = std::min(next_block * 4, kLargestBlock);
    }
    left -= bytes;
    return std::exchange(free, free + bytes);
  }
};
static_assert(std::is_standard_layout_v<Pool>, "a whole reply has the address of its pool");

void destroy(void* whole) {
  auto* const pool = static_cast<Pool*>(whole);
  if (pool == nullptr) return;
  for (Block* block = pool->newest; block != nullptr;) std::free(std::exchange(block, block->before));
  delete pool;
}

// The pool of the top-level reply that `reply` is part of.
Pool* pool_of(const redisReadTask* task, void* reply) {
  for (; task->parent != nullptr; task = task->parent) reply = task->parent->obj;
  return static_cast<Pool*>(reply);
}

// The top-level reply, in a new pool, or an element of its parent.
redisReply* create(const redisReadTask* task) {
  redisReply* reply = nullptr;
  if (task->parent == nullptr) {
    auto* const pool = new (std::nothrow) Pool;
    if (pool != nullptr) reply = &pool->whole;
  } else {
    void* const parent = task->parent->obj;
    reply = static_cast<redisReply*>(pool_of(task->parent, parent)->take(sizeof(redisReply)));
    if (reply != nullptr) static_cast<redisReply*>(parent)->element[task->idx] = reply;
  }
  if (reply != nullptr) reply->type = task->type;
  return reply;
}

// There is no memory for the content of `reply`. A part is freed with its top-level reply.
void* out_of_memory(const redisReadTask* task, redisReply* reply) {
  if (task->parent == nullptr) destroy(reply);
  return nullptr;
}

void* create_string(const redisReadTask* task, char* text, std::size_t size) {
  auto* const reply = create(task);
  if (reply == nullptr) return nullptr;
  void* const memory = pool_of(task, reply)->take(size + 1);
  if (memory == nullptr) return out_of_memory(task, reply);
  reply->str = static_cast<char*>(std::memcpy(memory, text, size));
  reply->len = size;
  return reply;
}

void* create_array(const redisReadTask* task, std::size_t elements) {
  if (elements > SIZE_MAX / 2 / sizeof(redisReply*)) return nullptr;
  auto* const reply = create(task);
  if (reply == nullptr || elements == 0) return reply;
  reply->element = static_cast<redisReply**>(pool_of(task, reply)->take(elements * sizeof(redisReply*)));
  if (reply->element == nullptr) return out_of_memory(task, reply);
  reply->elements = elements;
  return reply;
}

void* create_integer(const redisReadTask* task, long long value) {
  auto* const reply = create(task);
  if (reply != nullptr) reply->integer = value;
  return reply;
}

void* create_nil(const redisReadTask* task) {
  auto* const reply = create(task);
  // The task has the type of the missing value.
  if (reply != nullptr) reply->type = REDIS_REPLY_NIL;
  return reply;
}

// For RESP3, which no connection requests.
void* create_double(const redisReadTask* task, double value, char* text, std::size_t size) {
  auto* const reply = static_cast<redisReply*>(create_string(task, text, size));
  if (reply != nullptr) reply->dval = value;
  return reply;
}
void* create_bool(const redisReadTask* task, int value) {
  return create_integer(task, value);
}

redisReplyObjectFunctions functions = {create_string, create_array, create_integer, create_double,
                                       create_nil,    create_bool,  destroy};

}  // namespace

void use_reply_pool(redisReader& reader) {
  reader.fn = &functions;
}

void free_pooled_reply(redisReply* reply) {
  destroy(reply);
}

}  // namespace orderd::valkey
