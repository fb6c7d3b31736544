// XRANGE for the existing entries, shared/follow.h for new ones. A page of large entries takes 16 MiB at most.
#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>

#include "order-replay/commands.h"
#include "order-replay/recording.h"
#include "order-replay/sink.h"
#include "shared/client.h"
#include "shared/entry.h"
#include "shared/follow.h"
#include "shared/options.h"
#include "shared/output.h"
#include "shared/place.h"
#include "shared/stop_signal.h"

namespace orderd::replay {
namespace {

constexpr std::size_t kCapturedPage = 256;

constexpr const char* kCaptureHelp =
    R"(Each entry becomes a line: its ID, its fields (bytes that are not UTF-8 as Base64), and its time, relative to the first one.
The server is only read. --from and --to are inclusive. If a failover loses entries that were written, --follow reports it and
writes what comes in their place; their lines stay.

Examples:
  order-replay capture -o orders.ndjson
  order-replay capture --results --from 2026-11-25T12:00:00Z --to 2026-11-25T12:05:00Z
  order-replay capture --from 1795569346433-0 --follow | order-replay run - --valkey.url unix:///tmp/other.sock

Exit status 1: it failed; an entry was too large for a recording and skipped; or it was stopped, without --follow.)";

// Writes pages of entries, and counts those that were skipped.
class Writer {
 public:
  explicit Writer(Sink sink) : sink_(std::move(sink)) {}

  Result<bool> write(const std::vector<tools::Entry>& entries) {
    lines_.clear();
    for (const tools::Entry& entry : entries) {
      const auto id = StreamId::parse(entry.id);
      if (!id)
        return Failure{fmt::format("the server returned an entry with an invalid ID: '{}'", tools::shown(entry.id))};
      if (!first_) first_ = id;
      const std::size_t begin = lines_.size();
      append_entry(lines_, time_of(*id), entry.id, fields_of(entry));
      if (lines_.size() - begin <= kMaxLineBytes) continue;
      lines_.resize(begin);
      ++skipped_;
      tools::note(fmt::format("the entry {} makes a line of more than {} bytes, which no recording may have; skipped",
                              entry.id, kMaxLineBytes));
    }
    sink_.write(lines_);
    // The reader of a pipe gets each page at once.
    return sink_.flush();
  }
  // Exit status 1 if one was skipped, else `status`.
  [[nodiscard]] int status(int status) const { return skipped_ == 0 ? status : tools::kFailed; }

 private:
  // Since the first entry; an ID may be smaller after a loss. Nothing: that is longer than a recording may span.
  std::optional<uint64_t> time_of(StreamId id) {
    const uint64_t ms = std::max(id.ms, first_->ms) - first_->ms;
    if (ms <= kMaxAtUs / 1000) return ms * 1000;
    if (!timeless_) {
      tools::note(
          fmt::format("entries from {} on are more than a year after the first one; they get no time, and are "
                      "replayed without a pause",
                      id.text()));
    }
    timeless_ = true;
    return std::nullopt;
  }

  Sink sink_;
  std::string lines_;
  std::optional<StreamId> first_;
  uint64_t skipped_ = 0;
  bool timeless_ = false;  // some entries have no time
};

struct CaptureFlags {
  bool results = false;
  bool follow = false;
  std::string from = "-";
  std::string to = "+";
  std::string output;
};

// Writes the entries that exist by now: a busy stream would have no end. A signal ends the process with `status`.
// Returns where to follow from.
Result<tools::Cursor> write_existing(tools::Client client, const std::string& stream, const CaptureFlags& flags,
                                     Writer& writer, int status) {
  const auto newest = tools::newest_id(client, stream);
  if (!newest) return newest.failure();
  const StreamId end = StreamId::parse(*newest).value_or(StreamId{});
  const StreamId from = flags.from == "+" ? end : tools::place_of(flags.from).value_or(tools::Place{}).first;
  const StreamId to = std::min(end, tools::place_of(flags.to).value_or(tools::Place{}).last);
  tools::Cursor cursor(tools::id_before(from));
  tools::EntryPages pages(client, stream, {from.text(), to.text()});
  for (;;) {
    const auto entries = [&] {
      const tools::StopSignal::Idle now(writer.status(status));
      return pages.next(kCapturedPage);
    }();
    if (!entries) return entries.failure();
    if (entries->empty()) return cursor;
    if (const auto written = writer.write(*entries); !written) return written.failure();
    for (const tools::Entry& entry : *entries) cursor.read(StreamId::parse(entry.id).value_or(StreamId{}));
  }
}

Result<int> capture(const tools::Context& context, const CaptureFlags& flags) {
  auto client = tools::Client::connect(context.settings);
  if (!client) return client.failure();
  auto sink = Sink::open(flags.output);
  if (!sink) return sink.failure();
  tools::StopSignal::install();
  const std::string& stream = flags.results ? context.settings.streams.results : context.settings.streams.orders;
  Writer writer(std::move(*sink));
  const int stopped = flags.follow ? tools::kDone : tools::kFailed;
  const auto cursor = write_existing(std::move(*client), stream, flags, writer, stopped);
  if (!cursor) return cursor.failure();
  const int status = writer.status(tools::kDone);
  if (!flags.follow) return status;
  const auto take = [&writer](std::size_t /*index*/, const std::vector<tools::Entry>& page) -> Result<int> {
    if (const auto written = writer.write(page); !written) return written.failure();
    return writer.status(tools::kDone);
  };
  return tools::follow({{context.settings, stream, "", *cursor}}, status, take);
}

}  // namespace

void add_capture(CLI::App& parent, tools::Program& program) {
  auto& flags = program.keep<CaptureFlags>();
  CLI::App* app = tools::add_command(parent, "capture", "write a stream's entries to a recording",
                                     tools::kPlaceHelp + std::string(kCaptureHelp));
  app->add_flag("--results", flags.results, "capture the results stream instead of the orders stream");
  tools::add_place(*app, "--from,--since", flags.from, "the first entry [the stream's]");
  CLI::Option* to = tools::add_place(*app, "--to,--until", flags.to, "the last entry [the stream's]");
  CLI::Option* follow = app->add_flag("--follow", flags.follow, "keep capturing new entries, until Ctrl-C");
  follow->excludes(to);
  tools::add_text(*app, "-o,--output", flags.output, "FILE", "where to write [standard output]")
      ->check(tools::check_file_name);
  tools::set_text_action(*app, program, tools::LaneUse::kOne,
                         [&flags](const tools::Context& context) { return capture(context, flags); });
}

}  // namespace orderd::replay
