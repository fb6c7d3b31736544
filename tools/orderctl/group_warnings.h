// Consumer groups that keep a stream from being trimmed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "orderctl/questions.h"
#include "settings/settings.h"

namespace orderd::tools {

// Appends a sentence for each group that has yet to read or to acknowledge what the retention would have trimmed.
// `now_ms`: the server's clock.
void warn_of_groups(Questions& questions, const settings::Settings& settings, uint64_t now_ms,
                    std::vector<std::string>& warnings);

}  // namespace orderd::tools
