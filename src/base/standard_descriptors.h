// Descriptors 0 to 2 belong to standard input, output and error, also in a program that was started with some of them
// closed.
#pragma once

namespace orderd {

// Opens /dev/null on each of the descriptors 0 to 2 that is closed. Call it first in main(): otherwise the first socket
// or file that is opened gets such a number, and what is printed goes there.
void ensure_standard_descriptors();

}  // namespace orderd
