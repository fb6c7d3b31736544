// Descriptors 0 to 2 belong to standard input, output and error, even in a program that was started with some of them
// closed.
#pragma once

namespace orderd {

// Opens /dev/null on each closed descriptor from 0 to 2. Call it first in main(): otherwise the first socket or file
// opened gets such a number, and output would go there.
void ensure_standard_descriptors();

}  // namespace orderd
