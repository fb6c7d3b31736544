// tests/support waits and draws with doctest's macros; the adversary is no doctest program, so it brings the rest of
// doctest along.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
