// A whole reply is the first member of its pool: hiredis creates it first, its parts later. hiredis is C: where memory
// runs out, these functions return null, and hiredis reports it.
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

Pool* pool_of(const redisReadTask* task) {
  while (task->parent != nullptr) task = task->parent;
  return static_cast<Pool*>(task->obj);
}

// A reply with `bytes` of memory of its own, at `memory`: the whole one in a new pool, or an element of its parent.
redisReply* create(const redisReadTask* task, std::size_t bytes, void** memory) {
  Pool* const pool = task->parent == nullptr ? new (std::nothrow) Pool : pool_of(task);
  if (pool == nullptr) return nullptr;
  auto* reply = task->parent == nullptr ? &pool->whole : static_cast<redisReply*>(pool->take(sizeof(redisReply)));
  if (bytes > 0) *memory = pool->take(bytes);
  if (reply == nullptr || (bytes > 0 && *memory == nullptr)) {
    if (task->parent == nullptr) destroy(pool);
    return nullptr;
  }
  reply->type = task->type;
  if (task->parent != nullptr) static_cast<redisReply*>(task->parent->obj)->element[task->idx] = reply;
  return reply;
}

void* create_string(const redisReadTask* task, char* text, std::size_t size) {
  void* memory = nullptr;
  auto* const reply = create(task, size + 1, &memory);
  if (reply == nullptr || memory == nullptr) return nullptr;
  reply->str = static_cast<char*>(std::memcpy(memory, text, size));
  reply->len = size;
  return reply;
}

void* create_array(const redisReadTask* task, std::size_t elements) {
  if (elements > SIZE_MAX / 2 / sizeof(redisReply*)) return nullptr;
  void* memory = nullptr;
  auto* const reply = create(task, elements * sizeof(redisReply*), &memory);
  if (reply == nullptr) return nullptr;
  reply->element = static_cast<redisReply**>(memory);
  reply->elements = elements;
  return reply;
}

void* create_integer(const redisReadTask* task, long long value) {
  auto* const reply = create(task, 0, nullptr);
  if (reply != nullptr) reply->integer = value;
  return reply;
}

void* create_nil(const redisReadTask* task) {
  auto* const reply = create(task, 0, nullptr);
  // The task has the type of what could have been there.
  if (reply != nullptr) reply->type = REDIS_REPLY_NIL;
  return reply;
}

// Of RESP3, which no connection asks for.
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
