// For the main file of a test program: the daemons that it starts open no port for metrics, except where a test says
// so.
#pragma once

#include <cstdlib>

namespace orderd::test {

inline const int kNoAdmin = ::setenv("ORDERD_ADMIN_LISTEN", "", 1);

}  // namespace orderd::test
