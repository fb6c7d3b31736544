// V1 to V5, V7, V18, T1: the server's process ends, and what it comes back with.
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "chaos/power_cut.h"
#include "chaos/runner/fault.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

// Where the server may lose data, what it had not written down yet is gone with it.
void note_data_loss(Trial& trial, const std::string& what) {
  if (trial.plan.lossy) trial.data_loss(what, false);
}

// As docs/operations.md says.
void repair_file(const Trial& trial) {
  test::ProcessOptions answers;
  answers.input = "y\n";
  test::Process repair(
      {"valkey-check-aof", "--fix", trial.server.directory() + "/appendonlydir/appendonly.aof.manifest"}, answers);
  if (repair.wait() != 0) throw std::runtime_error("valkey-check-aof --fix: " + repair.output() + repair.errors());
}

// After kill -9, which may have torn the file: the kernel ends a write of several pages between two of them.
void start_killed(Trial& trial) {
  try {
    trial.server.start();
  } catch (const std::runtime_error& error) {
    if (std::string(error.what()).find("Unexpected end of file") == std::string::npos) throw;
    repair_file(trial);
    trial.server.start();
  }
}

Injected kill_server(Trial& trial, std::size_t /*daemon*/) {
  trial.server.kill();
  return {trial.between(0, 500), [&trial] { start_killed(trial); }};
}

Injected kill_forgetful_server(Trial& trial, std::size_t /*daemon*/) {
  trial.server.kill();
  note_data_loss(trial, "kill -9 with appendfsync everysec");
  return {trial.between(0, 300), [&trial] { start_killed(trial); }};
}

// All that the kernel had not been made to write down is gone.
Injected power_cut(Trial& trial, std::size_t /*daemon*/) {
  test::cut_power(trial.server, trial.shims);
  note_data_loss(trial, "a power cut");
  trial.server.start();
  return {};
}

// The end of the file was not written whole. It is repaired, and the server started twice: what it appends after a tail
// that was repaired wrongly shows at the second start only.
Injected torn_tail(Trial& trial, std::size_t /*daemon*/) {
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

// A byte is not what it was: the server refuses to start until somebody repairs it. In the same file, because nobody
// knows whether a copy was ever synced: the next power cut would take it whole.
Injected flipped_bit(Trial& trial, std::size_t /*daemon*/) {
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
  put_first('#');  // where the first command's '*' stood
  test::Process refusing({"valkey-server", trial.server.directory() + "/valkey.conf"});
  if (refusing.wait() == 0) trial.incident("a server with a damaged append-only file started");
  put_first('*');
  std::filesystem::resize_file(file, size);  // it may have been empty
  start_killed(trial);
  return {};
}

// No room for one more byte in the append-only file. A server that syncs always ends itself; one that does not refuses
// writes.
Injected disk_full(Trial& trial, std::size_t /*daemon*/) {
  trial.shims.fill_disk();
  return {trial.between(100, 800), [&trial] {
            trial.shims.free_disk();
            if (trial.plan.lossy) return;
            trial.server.kill();  // unless it has ended by itself
            trial.server.start();
          }};
}

// The server's clock jumps, and jumps back.
Injected clock_jump(Trial& trial, std::size_t /*daemon*/) {
  static constexpr int kSeconds[] = {-3600, -60, -1, 1, 60, 3600};
  trial.shims.shift_clock(std::chrono::seconds(kSeconds[trial.random.number(6)]));
  return {trial.between(50, 500), [&trial] { trial.shims.shift_clock(std::chrono::seconds(0)); }};
}

Injected flush_all(Trial& trial, std::size_t /*daemon*/) {
  std::vector<std::string> words = {"EVAL", R"(
      server.call('FLUSHALL')
      for i = 1, #KEYS do server.call('SET', KEYS[i], ARGV[i]) end
      return 1)"};
  const auto stock = Trial::stock();
  words.push_back(std::to_string(stock.size()));
  for (const auto& [sku, amount] : stock) words.push_back("product:" + sku + ":stock");
  for (const auto& [sku, amount] : stock) words.push_back(std::to_string(amount));
  trial.data_loss("FLUSHALL", true);
  trial.ask_and_keep({words});
  trial.data_loss("FLUSHALL", true);  // what was acknowledged between the two may be gone as well
  return {};
}

// Somebody starts the server on an empty disk and puts the stock on sale again, before anybody orders.
Injected start_empty(Trial& trial, std::size_t /*daemon*/) {
  for (const auto& daemon : trial.daemons) daemon->process().pause();
  trial.server.kill();
  trial.data_loss("a start with an empty disk", true);
  // Aside, not away: a file that is gone gives its number to the next one, and what is known of it as safe along with
  // it.
  const std::string files = trial.server.directory() + "/appendonlydir";
  for (int i = 0;; ++i) {
    const std::string aside = files + "." + std::to_string(i);
    if (std::filesystem::exists(aside)) continue;
    std::filesystem::rename(files, aside);
    break;
  }
  trial.server.start();
  trial.set_stock();
  return {std::chrono::milliseconds(0), [&trial] {
            for (const auto& daemon : trial.daemons) daemon->process().resume();
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
      {"V5", "a damaged append-only file, repaired", Touches::kServerProcess, "", Kind::kAnywhere, flipped_bit});
  faults.push_back({"V18", "no room on the disk", Touches::kServerProcess, "", Kind::kAnywhere, disk_full});
  faults.push_back(
      {"T1", "the server's clock jumps by up to an hour", Touches::kServerState, "clock", Kind::kSafe, clock_jump});
  faults.push_back(
      {"V7", "FLUSHALL, and the stock set again", Touches::kServerState, "everything", Kind::kLossy, flush_all});
  faults.push_back({"V7", "a start with an empty disk", Touches::kServerProcess, "", Kind::kLossy, start_empty});
}

}  // namespace orderd::chaos
