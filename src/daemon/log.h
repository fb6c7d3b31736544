// Logging: spdlog's default logger, to standard error. Use spdlog::info("message key={}", value) and its siblings.
#pragma once

#include <cstdint>

#include "settings/settings.h"

namespace orderd::daemon {

// Makes spdlog's default logger write one line for each message. Only one thread may log.
//   text  2026-11-23T18:20:01.123Z info  message key=value       colored on a terminal unless NO_COLOR is set
//   json  {"time":"2026-11-23T18:20:01.123Z","level":"info","message":"message key=value"}
// A named logger is that of a lane: the text has [NAME] before the message, JSON a member "lane". Its sinks are those
// of the default logger. Times are UTC. Logging never throws and never blocks: another thread writes the lines in order
// (log_writer.h). If standard error blocks, up to 1 MiB is queued, and further lines are dropped; when it accepts lines
// again, a line at the place of the gap says how many. Queued lines are written at the end of the process, even after
// abort(). A reader that does not read delays that end by at most 250 ms. The logger's flush() waits as long. SIGPIPE
// is ignored from here on: a closed reader of standard error must not end the process.
void init_log(settings::LogLevel level, settings::LogFormat format);

// Changes both; after init_log().
void set_log(settings::LogLevel level, settings::LogFormat format);

// Lines that were lost since init_log() because standard error was blocked or failed.
[[nodiscard]] uint64_t dropped_log_lines();

}  // namespace orderd::daemon
