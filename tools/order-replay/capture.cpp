// XRANGE for the existing entries, XREAD for new ones. A page of large entries takes 16 MiB at most.
#include <poll.h>
#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>
#include <random>

#include "order-replay/commands.h"
#include "order-replay/recording.h"
#include "order-replay/sink.h"
#include "shared/client.h"
#include "shared/entry.h"
#include "shared/options.h"
#include "shared/output.h"
#include "shared/place.h"
#include "shared/stop_signal.h"
#include "valkey/backoff.h"

namespace orderd::replay {
namespace {

constexpr std::size_t kCapturedPage = 256;
constexpr std::chrono::milliseconds kBlock{500};

constexpr const char* kCaptureHelp =
    R"(Each entry becomes a line: its ID, its fields (bytes that are not UTF-8 as Base64), and its time, relative to the first one.
The server is only read. --from and --to are inclusive.

Examples:
  order-replay capture -o orders.ndjson
  order-replay capture --results --from 2026-11-25T12:00:00Z --to 2026-11-25T12:05:00Z
  order-replay capture --from 1795569346433-0 --follow | order-replay run - --valkey.url unix:///tmp/other.sock

Exit status 1: it failed, was stopped, or an entry was too large for a recording and skipped.)";

// Writes pages of entries and keeps the last ID.
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
      last_ = entry.id;
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
  [[nodiscard]] const std::string& last() const { return last_; }
  [[nodiscard]] uint64_t skipped() const { return skipped_; }

 private:
  // Since the first entry. Nothing: that is longer than a recording may span.
  std::optional<uint64_t> time_of(StreamId id) {
    const uint64_t ms = id.ms - first_->ms;
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
  std::string last_;
  uint64_t skipped_ = 0;
  bool timeless_ = false;  // some entries have no time
};

Result<bool> write_range(tools::Client& client, const std::string& stream, const tools::Range& range, Writer& writer) {
  tools::EntryPages pages(client, stream, range);
  while (!tools::StopSignal::came()) {
    const auto entries = pages.next(kCapturedPage);
    if (!entries) return entries.failure();
    if (entries->empty()) return true;
    if (const auto written = writer.write(*entries); !written) return written.failure();
  }
  return true;
}

// Until a signal; reconnects.
Result<bool> write_new(tools::Client first, const settings::Settings& settings, const std::string& stream,
                       std::string after, Writer& writer) {
  std::optional<tools::Client> client(std::move(first));
  valkey::Backoff backoff(std::random_device{}());
  bool reported = false;
  while (!tools::StopSignal::came()) {
    std::string trouble;
    if (client) {
      auto reply = client->call(
          valkey::Command::of("XREAD", "COUNT", kCapturedPage, "BLOCK", kBlock.count(), "STREAMS", stream, after));
      const auto kind = reply ? (*reply)->error() : valkey::ErrorKind::kLost;
      if (kind == valkey::ErrorKind::kNone) {
        const auto entries = tools::entries_of((*reply)->at(0).at(1));
        if (const auto written = writer.write(entries); !written) return written.failure();
        if (!entries.empty()) after = entries.back().id;
        if (reported) tools::note("reconnected");
        reported = false;
        backoff.reset();
        continue;
      }
      trouble = reply ? client->explain((*reply)->text()) : reply.error();
      if (kind != valkey::ErrorKind::kLost && !client->passes(kind)) return Failure{trouble};
      client.reset();
    } else if (auto connected = tools::Client::connect(settings, kBlock)) {
      client.emplace(std::move(*connected));
      continue;
    } else {
      trouble = connected.error();
    }
    if (!reported) tools::note(trouble + "; reconnecting");
    reported = true;
    (void)poll(nullptr, 0, static_cast<int>(backoff.next().count()));
  }
  return true;
}

struct CaptureFlags {
  bool results = false;
  bool follow = false;
  std::string from = "-";
  std::string to = "+";
  std::string output;
};

Result<int> capture(const tools::Context& context, const CaptureFlags& flags) {
  auto client = tools::Client::connect(context.settings, kBlock);
  if (!client) return client.failure();
  auto sink = Sink::open(flags.output);
  if (!sink) return sink.failure();
  tools::StopSignal::install();
  const std::string& stream = flags.results ? context.settings.streams.results : context.settings.streams.orders;
  Writer writer(std::move(*sink));
  const auto newest = tools::newest_id(*client, stream);
  if (!newest) return newest.failure();
  const StreamId end = StreamId::parse(*newest).value_or(StreamId{});
  const StreamId from = flags.from == "+" ? end : tools::place_of(flags.from).value_or(tools::Place{}).first;
  // Without --follow, what is added from now on is not captured: a busy stream would have no end.
  const StreamId to = std::min(end, tools::place_of(flags.to).value_or(tools::Place{}).last);
  const auto written = write_range(*client, stream, {from.text(), to.text()}, writer);
  if (!written) return written.failure();
  if (!flags.follow) return !tools::StopSignal::came() && writer.skipped() == 0 ? tools::kDone : tools::kFailed;
  std::string after = writer.last();
  // No entry so far: from the given start, which is inclusive.
  if (after.empty()) after = tools::id_before(from).text();
  const auto followed = write_new(std::move(*client), context.settings, stream, after, writer);
  if (!followed) return followed.failure();
  return writer.skipped() == 0 ? tools::kDone : tools::kFailed;
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
