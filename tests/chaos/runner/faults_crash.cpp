// Rows V1 to V5, V7, V18, T1: the server's process ends, and what it comes back with.
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "chaos/power_cut.h"
#include "chaos/runner/fault.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

// Where the server may forget, what it had not written down yet is gone with it.
void note_disaster(World& world, const std::string& what) {
  if (world.plan.lossy) world.disaster(what, false);
}

// As docs/operations.md says.
void mend_file(const World& world) {
  test::ProcessOptions answers;
  answers.input = "y\n";
  test::Process mend({"valkey-check-aof", "--fix", world.server.directory() + "/appendonlydir/appendonly.aof.manifest"},
                     answers);
  if (mend.wait() != 0) throw std::runtime_error("valkey-check-aof --fix: " + mend.output() + mend.errors());
}

// After kill -9, which may have torn the file: the kernel ends a write of several pages between two of them.
void start_killed(World& world) {
  try {
    world.server.start();
  } catch (const std::runtime_error& error) {
    if (std::string(error.what()).find("Unexpected end of file") == std::string::npos) throw;
    mend_file(world);
    world.server.start();
  }
}

Injury kill_server(World& world, std::size_t /*daemon*/) {
  world.server.kill();
  return {world.between(0, 500), [&world] { start_killed(world); }};
}

Injury kill_forgetful_server(World& world, std::size_t /*daemon*/) {
  world.server.kill();
  note_disaster(world, "kill -9 with appendfsync everysec");
  return {world.between(0, 300), [&world] { start_killed(world); }};
}

// All that the kernel had not been made to write down is gone.
Injury power_cut(World& world, std::size_t /*daemon*/) {
  test::cut_power(world.server, world.shims);
  note_disaster(world, "a power cut");
  world.server.start();
  return {};
}

// The end of the file was not written whole. It is mended, and the server started twice:
// what it appends behind a tail that was mended wrongly shows at the second start only.
Injury torn_tail(World& world, std::size_t /*daemon*/) {
  world.server.kill();
  note_disaster(world, "a torn tail of the append-only file");
  const auto file = test::append_only_file(world.server.directory());
  const auto size = std::filesystem::file_size(file);
  std::filesystem::resize_file(file, size - std::min<std::uintmax_t>(size, world.random.number(1, 2000)));
  mend_file(world);
  world.server.start();
  world.server.restart();
  return {};
}

// A byte is not what it was: the server refuses to start until somebody puts it right. In the same file, because of a
// copy nobody knows that it was ever synced: the next power cut would take it whole.
Injury flipped_bit(World& world, std::size_t /*daemon*/) {
  world.server.kill();
  note_disaster(world, "kill -9 with appendfsync everysec");
  const std::string file = test::append_only_file(world.server.directory());
  const auto size = std::filesystem::file_size(file);
  const auto put_first = [&file](char byte) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(0);
    stream.put(byte);
    if (!stream.flush()) throw std::runtime_error("cannot write to " + file);
  };
  put_first('#');  // where the first command's '*' stood
  test::Process refusing({"valkey-server", world.server.directory() + "/valkey.conf"});
  if (refusing.wait() == 0) world.incident("a server with a damaged append-only file started");
  put_first('*');
  std::filesystem::resize_file(file, size);  // it may have been empty
  start_killed(world);
  return {};
}

// No room for one more byte in the append-only file. A server that syncs always ends itself; one that does not refuses
// writes.
Injury disk_full(World& world, std::size_t /*daemon*/) {
  world.shims.fill_disk();
  return {world.between(100, 800), [&world] {
            world.shims.free_disk();
            if (world.plan.lossy) return;
            world.server.kill();  // where it has not ended by itself
            world.server.start();
          }};
}

// The server's clock jumps, and jumps back.
Injury clock_jump(World& world, std::size_t /*daemon*/) {
  static constexpr int kSeconds[] = {-3600, -60, -1, 1, 60, 3600};
  world.shims.shift_clock(std::chrono::seconds(kSeconds[world.random.number(6)]));
  return {world.between(50, 500), [&world] { world.shims.shift_clock(std::chrono::seconds(0)); }};
}

Injury flush_all(World& world, std::size_t /*daemon*/) {
  std::vector<std::string> words = {"EVAL", R"(
      server.call('FLUSHALL')
      for i = 1, #KEYS do server.call('SET', KEYS[i], ARGV[i]) end
      return 1)"};
  const auto stock = World::stock();
  words.push_back(std::to_string(stock.size()));
  for (const auto& [sku, amount] : stock) words.push_back("product:" + sku + ":stock");
  for (const auto& [sku, amount] : stock) words.push_back(std::to_string(amount));
  world.disaster("FLUSHALL", true);
  world.ask_and_keep({words});
  world.disaster("FLUSHALL", true);  // what was acknowledged between the two may be gone as well
  return {};
}

// Somebody starts the server on an empty disk and puts the stock on sale again, before anybody orders.
Injury start_empty(World& world, std::size_t /*daemon*/) {
  for (const auto& daemon : world.daemons) daemon->process().pause();
  world.server.kill();
  world.disaster("a start with an empty disk", true);
  // Aside, not away: a file that is gone gives its number to the next one, and what is known of it as safe along with
  // it.
  const std::string files = world.server.directory() + "/appendonlydir";
  for (int i = 0;; ++i) {
    const std::string aside = files + "." + std::to_string(i);
    if (std::filesystem::exists(aside)) continue;
    std::filesystem::rename(files, aside);
    break;
  }
  world.server.start();
  world.set_stock();
  return {std::chrono::milliseconds(0), [&world] {
            for (const auto& daemon : world.daemons) daemon->process().resume();
          }};
}

}  // namespace

void add_crash_faults(std::vector<Fault>& faults) {
  faults.push_back(
      {"V1", "kill -9 of a server that syncs always", Touches::kServerProcess, "", Kind::kSafe, kill_server});
  faults.push_back({"V2", "kill -9 of a server that syncs once a second", Touches::kServerProcess, "", Kind::kLossy,
                    kill_forgetful_server});
  faults.push_back(
      {"V3", "power cut below a server that syncs always", Touches::kServerProcess, "", Kind::kSafe, power_cut});
  faults.push_back({"V3", "power cut below a server that syncs once a second", Touches::kServerProcess, "",
                    Kind::kLossy, power_cut});
  faults.push_back({"V4", "a torn tail of the append-only file", Touches::kServerProcess, "", Kind::kLossy, torn_tail});
  faults.push_back(
      {"V5", "a damaged append-only file, mended", Touches::kServerProcess, "", Kind::kAnywhere, flipped_bit});
  faults.push_back({"V18", "no room on the disk", Touches::kServerProcess, "", Kind::kAnywhere, disk_full});
  faults.push_back(
      {"T1", "the server's clock jumps by up to an hour", Touches::kServerState, "clock", Kind::kSafe, clock_jump});
  faults.push_back(
      {"V7", "FLUSHALL, and the stock set anew", Touches::kServerState, "everything", Kind::kLossy, flush_all});
  faults.push_back({"V7", "a start with an empty disk", Touches::kServerProcess, "", Kind::kLossy, start_empty});
}

}  // namespace orderd::chaos
