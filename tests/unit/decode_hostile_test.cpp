// Truncated input, with remains of earlier requests in the buffer; fuzz/request.cpp has more malformed input. And a
// warm decoder allocates no memory.
#include <doctest/doctest.h>

#include <cstdlib>
#include <new>
#include <string>

#include "decoding.h"
#include "order/settle_arguments.h"

namespace {
std::size_t allocations = 0;

void* counted(std::size_t size) noexcept {
  ++allocations;
  return std::malloc(size == 0 ? 1 : size);
}
void* counted_or_throw(std::size_t size) {
  if (void* const memory = counted(size)) return memory;
  throw std::bad_alloc();
}
}  // namespace

// All of them are replaced: a sanitizer reports memory that is allocated and freed by different operators.
void* operator new(std::size_t size) {
  return counted_or_throw(size);
}
void* operator new[](std::size_t size) {
  return counted_or_throw(size);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return counted(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return counted(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, const std::nothrow_t&) noexcept {
  std::free(memory);
}

namespace orderd::order {
namespace {

constexpr std::string_view kOneLine =
    R"({"id":"o-1","customer":"c-7","sku":"shoe","quantity":3,"more":[1.5,true,"\u00fc"]})";
constexpr std::string_view kItems = R"({"id":"o-1","items":[{"sku":"shoe","quantity":1},{"sku":"sock","quantity":2}]})";

TEST_CASE("every truncated request is malformed even if the rest is still in the buffer") {
  Again again;
  for (const std::string_view json : {kOneLine, kItems}) {
    for (std::size_t size = 0; size < json.size(); ++size) {
      CHECK(again.decode({"order", json}).good);
      CHECK_FALSE(again.decode({"order", json.substr(0, size)}).good);
      CHECK_FALSE(again.decode({"order", json.substr(json.size() - size)}).good);
    }
  }
}

TEST_CASE("a number at the end of the text does not continue into earlier bytes") {
  Again again;
  CHECK_FALSE(again.decode({"order", "99999999999999999999999999999999"}).good);
  CHECK(again.decode({"order", "1"}).detail == "order has to be a JSON object, not a number");
  CHECK(again.decode({"order", R"({"id":"o-1","sku":"shoe","quantity":31})"}).good);
  CHECK_FALSE(again.decode({"order", R"({"id":"o-1","sku":"shoe","quantity":3)"}).good);
}

TEST_CASE("a warm decoder allocates no memory for an order") {
  const std::string id(128, 'i');
  const std::string customer(128, 'c');
  const std::string sku(128, 's');
  const std::string one =
      R"({"id":")" + id + R"(","customer":")" + customer + R"(","sku":")" + sku + R"(","quantity":3})";
  std::string many = R"({"id":")" + id + R"(","items":[)";
  for (int i = 0; i < 64; ++i)
    many += R"({"sku":")" + sku.substr(0, 100) + std::to_string(i % 40) + R"(","quantity":3},)";
  many.back() = ']';
  many += '}';
  const Fields flat = {"id", id, "customer", customer, "sku", sku, "quantity", "3"};
  const Fields entries[] = {{"order", one}, {"order", many}, flat, {"order", one}, {"order", many}};
  Decoder decoder({});
  Request request;
  std::string detail;
  for (const Fields& entry : entries) CHECK(decoder.decode(entry, request, detail));

  const auto allocates_nothing = [](const auto& body) {
    const std::size_t before = allocations;
    body();
    return allocations == before;
  };
  bool good = true;
  CHECK(allocates_nothing([&] {
    for (int round = 0; round < 10; ++round) {
      for (const Fields& entry : entries) good = decoder.decode(entry, request, detail) && good;
    }
  }));
  CHECK(good);
  Digest digest{};
  CHECK(request.lines.size() == 40);
  CHECK(allocates_nothing([&] { digest = digest_of(request); }));
  CHECK(decoder.decode(entries[0], request, detail));
  CHECK(allocates_nothing([&] { digest = digest_of(request); }));
  CHECK(digest[0] != 0);
}

}  // namespace
}  // namespace orderd::order
