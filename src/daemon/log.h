// Logging: spdlog's default logger, to standard error. Use spdlog::info("message key={}", value) and its sisters.
#pragma once

#include "settings/settings.h"

namespace orderd::daemon {

// Makes spdlog's default logger write one line for each message, at once, in the calling thread; one thread only may
// log.
//   text  2026-11-23T18:20:01.123Z info  message key=value       coloured on a terminal unless NO_COLOR is set
//   json  {"time":"2026-11-23T18:20:01.123Z","level":"info","message":"message key=value"}
// Times are UTC. What cannot be written, or not formatted, is dropped: logging never throws. SIGPIPE is ignored from
// here on, so that a reader of standard error that went away ends nothing.
void init_log(settings::LogLevel level, settings::LogFormat format);

// Changes both; after init_log().
void set_log(settings::LogLevel level, settings::LogFormat format);

}  // namespace orderd::daemon
