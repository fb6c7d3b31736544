// The entry point of the tests of orderctl audit.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "support/no_admin.h"
