// Append-only files with a torn tail, and a check that what a server loaded from them is consistent.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "support/valkey_helpers.h"

namespace orderd::test {

// For a server with this directory that has not rewritten its file yet.
[[nodiscard]] std::string aof_path(const std::string& directory);

[[nodiscard]] std::string bytes_of(const std::string& path);
void write_bytes(const std::string& path, const std::string& bytes);

// Where the last transaction that takes stock begins and ends. Fails the test if there is none.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};
[[nodiscard]] Span last_decision(const std::string& bytes);

// The stock of shoes before the first order.
constexpr int kStock = 1000;

// Fails the test unless the stock is what `accepted` orders of one shoe leave. The ledger must have that many results,
// each with its record, for the first requests in order; the position must be at the last of them.
void check_agreement(valkey::SyncClient& client, std::size_t accepted);

}  // namespace orderd::test
