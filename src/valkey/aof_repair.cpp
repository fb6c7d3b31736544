// Checks the last file first: a crash leaves its traces at the end of it.
#include "valkey/aof_repair.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

namespace orderd::valkey {
namespace {

// The transaction of the longest script call is far smaller: anything longer is not an incomplete one.
constexpr uint64_t kMaxTail = 8 * 1024 * 1024;

Result<std::string> read(const std::string& path, uint64_t from, uint64_t size) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes(size, '\0');
  file.seekg(static_cast<std::streamoff>(from));
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file) return Failure{"cannot read " + path + ": " + std::strerror(errno)};
  return bytes;
}

// The checker's own text: valkey-check-rdb prints it below a heading, valkey-check-aof at the end.
std::string verdict(std::string text) {
  constexpr std::string_view kHeadline = "--- RDB ERROR DETECTED ---\n";
  if (const auto at = text.find(kHeadline); at != std::string::npos) {
    text.erase(0, at + kHeadline.size());
    return text.substr(0, text.find('\n'));
  }
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

}  // namespace

void AofRepair::start(const std::string& directory, Done done) {
  directory_ = directory;
  done_ = std::move(done);
  last_ = true;
  const std::string path = directory_ + "/" + kManifest;
  std::ifstream manifest(path);
  std::stringstream text;
  text << manifest.rdbuf();
  if (!manifest) return finish(Outcome::Kind::kUnknown, "cannot read " + path + ": " + std::strerror(errno));
  files_ = aof_files(text.str());
  if (files_.empty()) return finish(Outcome::Kind::kUnknown, path + " names no file");
  look();
}

void AofRepair::cancel() {
  check_.cancel();
  done_ = nullptr;
}

void AofRepair::look() {
  const auto started = check_.start(current(), AofCheck::Mode::kLook,
                                    [this](const Result<AofCheck::Report>& report) { on_looked(report); });
  if (!started) on_looked(started.failure());
}

void AofRepair::on_looked(const Result<AofCheck::Report>& report) {
  if (!report) return finish(Outcome::Kind::kUnknown, report.error());
  const std::string file = current();
  const bool rdb = files_.back().is_rdb();
  if (report->exit_status == 0) {
    files_.pop_back();
    last_ = false;
    return files_.empty() ? finish(Outcome::Kind::kWhole, "") : look();
  }
  const auto found = analysis_of(report->output);
  if (rdb || !found) {
    return finish(Outcome::Kind::kDamaged,
                  file + ": " + AofCheck::program(file) + " says '" + verdict(report->output) + "'");
  }
  const std::string place = file + " is damaged at byte " + std::to_string(found->good) + ": the " +
                            std::to_string(found->behind) + " bytes from there on are ";
  if (!last_) return finish(Outcome::Kind::kDamaged, place + "not at the end of the last file");
  if (found->behind > kMaxTail) return finish(Outcome::Kind::kDamaged, place + "more than one torn transaction");
  // valkey-check-aof has just read them, so they are cached.
  const auto bytes = read(file, found->good, found->behind);
  if (!bytes) return finish(Outcome::Kind::kUnknown, bytes.error());
  if (!is_torn(*bytes)) {
    return finish(Outcome::Kind::kDamaged, place + "not the beginning of one torn transaction");
  }
  repair(file, *found);
}

void AofRepair::repair(const std::string& file, const AofAnalysis& found) {
  const auto repaired = [this, file, behind = found.behind](const Result<AofCheck::Report>& report) {
    if (!report) return finish(Outcome::Kind::kUnknown, report.error() + ", when it should repair " + file);
    if (report->exit_status != 0) {
      return finish(Outcome::Kind::kDamaged, file + " ends with a torn transaction, and valkey-check-aof --fix says '" +
                                                 verdict(report->output) + "'");
    }
    finish(Outcome::Kind::kRepaired,
           file + " ended in the middle of a transaction, as a crash or a power cut leaves it; its last " +
               std::to_string(behind) + " bytes were cut off, so that this transaction never happened");
  };
  const auto started = check_.start(file, AofCheck::Mode::kFix, repaired);
  if (!started) repaired(started.failure());
}

void AofRepair::finish(Outcome::Kind kind, const std::string& what) {
  std::exchange(done_, nullptr)({kind, what});
}

}  // namespace orderd::valkey
