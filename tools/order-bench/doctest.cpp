// The private servers come from the tests' library, whose headers use doctest: this provides its implementation.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
