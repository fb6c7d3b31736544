// tests/support uses doctest macros; this program has no test cases, so it provides the rest of doctest.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
