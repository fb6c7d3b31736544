// V1 to V5, V7, V18, T1: crashes of the server's process, and what its disk and clock look like afterwards.
#include <fstream>

#include "order-chaos/fault.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;
using Kind::kAnywhere;
using Kind::kLossy;
using Kind::kSafe;
using Touches::kProcess;

// In lossy trials, what was not on disk yet is lost.
void note_data_loss(Trial& trial, const std::string& what) {
  if (trial.plan.lossy) trial.data_loss(what, false);
}

// As docs/operations.md describes.
void repair_file(const Trial& trial) {
  test::Process repair(
      {"valkey-check-aof", "--fix", trial.server.directory() + "/appendonlydir/appendonly.aof.manifest"},
      {.input = "y\n"});
  if (repair.wait() != 0) throw std::runtime_error("valkey-check-aof --fix: " + repair.output() + repair.errors());
}

// After kill -9, which can tear the file: the kernel may end a multi-page write between two pages.
void start_killed(Trial& trial) {
  try {
    trial.server.start();
  } catch (const std::runtime_error& error) {
    if (std::string(error.what()).find("Unexpected end of file") == std::string::npos) throw;
    repair_file(trial);
    trial.server.start();
  }
}

Injected kill_server(Trial& trial, Daemon& /*daemon*/) {
  trial.server.kill();
  note_data_loss(trial, "kill -9 with appendfsync everysec");
  return {trial.between(0, 500), [&trial] { start_killed(trial); }};
}

// Everything that was not synced is lost.
Injected power_cut(Trial& trial, Daemon& /*daemon*/) {
  test::cut_power(trial.server, trial.shims);
  note_data_loss(trial, "a power cut");
  trial.server.start();
  return {};
}

// The end of the file is torn. The file is repaired and the server started twice: what it appends after a wrongly
// repaired tail shows only at the second start.
Injected torn_tail(Trial& trial, Daemon& /*daemon*/) {
  trial.server.kill();
  note_data_loss(trial, "a torn tail of the append-only file");
  const auto file = test::append_only_file(trial.server.directory());
  const auto size = std::filesystem::file_size(file);
  std::filesystem::resize_file(file, size - std::min<std::uintmax_t>(size, trial.random.number(1, 2000)));
  repair_file(trial);
  trial.server.start();
  trial.server.restart();
  return {};
}

// A byte is corrupted: the server refuses to start until the file is repaired. It is repaired in place, because a copy
// might not be synced: the next power cut would lose all of it.
Injected flipped_bit(Trial& trial, Daemon& /*daemon*/) {
  trial.server.kill();
  note_data_loss(trial, "kill -9 with appendfsync everysec");
  const std::string file = test::append_only_file(trial.server.directory());
  const auto size = std::filesystem::file_size(file);
  const auto put_first = [&file](char byte) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(0);
    stream.put(byte);
    if (!stream.flush()) throw std::runtime_error("cannot write to " + file);
  };
  put_first('#');  // in place of the first command's '*'
  test::Process refusing({"valkey-server", trial.server.directory() + "/valkey.conf"});
  if (refusing.wait() == 0) trial.incident("a server with a damaged append-only file started");
  put_first('*');
  std::filesystem::resize_file(file, size);  // it may have been empty
  start_killed(trial);
  return {};
}

Injected flush_all(Trial& trial, Daemon& /*daemon*/) {
  const auto stock = Trial::stock();
  Words words = {"EVAL", R"(
      server.call('FLUSHALL')
      for i = 1, #KEYS do server.call('SET', KEYS[i], ARGV[i]) end
      return 1)",
                 std::to_string(stock.size())};
  for (const auto& [sku, amount] : stock) words.push_back("product:" + sku + ":stock");
  for (const auto& [sku, amount] : stock) words.push_back(std::to_string(amount));
  trial.data_loss("FLUSHALL", true);
  trial.ask_and_keep({words});
  trial.data_loss("FLUSHALL", true);  // also what was acknowledged between the two
  return {};
}

// The server is started with an empty disk, and the stock is set again before any order.
Injected start_empty(Trial& trial, Daemon& /*daemon*/) {
  for (const auto& daemon : trial.daemons) daemon->process().pause();
  trial.server.kill();
  trial.data_loss("a start with an empty disk", true);
  // Moved, not deleted: a new file could get the inode of a deleted one, and with it the recorded synced size.
  const std::string files = trial.server.directory() + "/appendonlydir";
  std::string aside = files + ".";
  while (std::filesystem::exists(aside)) aside += ".";
  std::filesystem::rename(files, aside);
  trial.server.start();
  trial.set_stock();
  return {0ms, [&trial] {
            for (const auto& daemon : trial.daemons) daemon->process().resume();
          }};
}

}  // namespace

const std::vector<Fault> kCrashFaults = {
    {"V1", "kill -9 of a server with appendfsync always", kProcess, kSafe, kill_server},
    {"V2", "kill -9 of a server with appendfsync everysec", kProcess, kLossy, kill_server},
    {"V3", "power cut with appendfsync always", kProcess, kSafe, power_cut},
    {"V3", "power cut with appendfsync everysec", kProcess, kLossy, power_cut},
    {"V4", "a torn tail of the append-only file", kProcess, kLossy, torn_tail},
    {"V5", "a damaged append-only file, repaired", kProcess, kAnywhere, flipped_bit},
    {"V7", "FLUSHALL, and the stock set again", Touches::kEverything, kLossy, flush_all},
    {"V7", "a start with an empty disk", kProcess, kLossy, start_empty},
    // The append-only file cannot grow by a byte. With appendfsync always the server exits; otherwise it refuses
    // writes.
    {"V18", "the disk is full", kProcess, kAnywhere,
     [](Trial& trial, Daemon&) -> Injected {
       trial.shims.fill_disk();
       return {trial.between(100, 800), [&trial] {
                 trial.shims.free_disk();
                 if (trial.plan.lossy) return;
                 trial.server.kill();  // unless it has exited
                 trial.server.start();
               }};
     }},
    {"T1", "the server's clock jumps by up to an hour", Touches::kClock, kSafe,
     [](Trial& trial, Daemon&) -> Injected {
       static constexpr int kSeconds[] = {-3600, -60, -1, 1, 60, 3600};
       trial.shims.shift_clock(std::chrono::seconds(kSeconds[trial.random.number(6)]));
       return {trial.between(50, 500), [&trial] { trial.shims.shift_clock(std::chrono::seconds(0)); }};
     }},
};

}  // namespace orderd::chaos
