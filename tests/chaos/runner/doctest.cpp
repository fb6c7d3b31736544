// tests/support waits and draws with macros of doctest; this program has no test cases, so it brings the rest of
// doctest along.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
