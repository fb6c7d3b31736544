// The private servers come from the tests' library, whose headers name doctest: here is what they link to.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
