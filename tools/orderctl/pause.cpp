// Both are one call of lua/pause.lua, so each takes effect with its answer.
#include <CLI/CLI.hpp>

#include "lua/scripts.h"
#include "order/keys.h"
#include "orderctl/commands.h"
#include "orderctl/lane_clients.h"
#include "shared/json.h"
#include "shared/options.h"

namespace orderd::tools {
namespace {

constexpr const char* kPauseExamples =
    R"(Once this returns, no daemon settles any request; requests wait in their stream until orderctl resume. Stock
can still be changed. A pause outlasts restarts of orderd and of the server. With several lanes, all are paused, one after
the other, or the one of --lane.

Examples:
  orderctl pause --reason "counting the shelf"
  orderctl resume)";

constexpr const char* kResumeExamples = R"(orderd continues within a quarter of a second.

Example:
  orderctl resume)";

Result<bool> pause_lane(const Context& context, std::size_t lane, bool pause, const std::string& reason) {
  const settings::Settings& settings = context.lanes[lane];
  auto client = Client::connect(settings);
  if (!client) return client.failure();
  const std::string& orders = settings.streams.orders;
  const std::string key = order::position_key(orders);
  const auto reply = client->run(lua::pause, {key}, {pause ? "pause" : "resume", reason});
  if (!reply) return Failure{reply.error() + "; it is unknown whether that was done. See orderctl status"};
  if ((*reply)->is_error()) return Failure{client->explain((*reply)->text())};
  const bool done = (*reply)->at(0).text() != "already";
  const auto since = whole_of((*reply)->at(1).text());
  const std::string why((*reply)->at(2).text());
  const std::string position((*reply)->at(3).text());
  if (context.json) {
    print_json(with_lane(context, lane,
                         {{"orders", orders},
                          {"paused", pause},
                          {"changed", done},
                          {"since_ms", or_null(since)},
                          {"reason", or_null(why)},
                          {"position", or_null(position)}}));
    return true;
  }
  const std::string name = "'" + shown(orders) + "'";
  const std::string paused = since ? " since " + time_text(*since) + " (" + shown(why) + ")" : "";
  if (pause && done) {
    print(name + " is paused" + (position.empty() ? "" : " after request " + shown(position)) + "; orderctl resume" +
          (context.several() ? "" : lane_flag(settings)) + " ends that\n");
  } else if (pause) {
    print(name + " was already paused" + paused + "\n");
  } else if (done) {
    print(name + " is resumed; it was paused" + paused + "\n");
  } else {
    print(name + " was not paused\n");
  }
  return true;
}

// One lane after the other. One that cannot be paused does not keep the others from it.
Result<int> run_pause(const Context& context, bool pause, const std::string& reason) {
  bool good = true;
  for (std::size_t i = 0; i < context.lanes.size(); ++i) {
    const auto done = pause_lane(context, i, pause, reason);
    if (!done && !context.several()) return done.failure();
    if (!done) note(of_lane(context, context.lanes[i]) + done.error());
    good = good && done;
  }
  return good ? kDone : kFailed;
}

}  // namespace

void add_pause(CLI::App& parent, Program& program) {
  for (const bool pause : {true, false}) {
    auto& reason = program.keep<std::string>();
    reason = "by hand";
    CLI::App* app = pause ? add_command(parent, "pause", "settle no more requests until resume", kPauseExamples)
                          : add_command(parent, "resume", "settle requests again after a pause", kResumeExamples);
    if (pause) add_text(*app, "--reason", reason, "TEXT", "why, for the log and orderctl status [by hand]");
    set_action(*app, program, LaneUse::kAll,
               [pause, &reason](const Context& context) { return run_pause(context, pause, reason); });
  }
}

}  // namespace orderd::tools
