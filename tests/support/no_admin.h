// For the main file of a test program: its daemons open no admin port unless a test sets one.
#pragma once

#include <cstdlib>

namespace orderd::test {

inline const int kNoAdmin = ::setenv("ORDERD_ADMIN_LISTEN", "", 1);

}  // namespace orderd::test
