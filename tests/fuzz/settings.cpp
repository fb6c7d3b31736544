// Fuzzes the settings file: any text is either rejected with plain messages, or yields settings that survive being
// printed and loaded again.
//
// Input: the text of the file.
#include "settings/load.h"

#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "base/check.h"
#include "fuzz/input.h"
#include "fuzz/text_rules.h"
#include "valkey/endpoint.h"

namespace orderd::fuzz {
namespace {

// An in-memory file.
class File {
 public:
  File() : file_(memfd_create("settings", MFD_CLOEXEC)) { ORDERD_CHECK(file_ >= 0, "no file in memory"); }
  ~File() { close(file_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(file_); }
  void write(std::string_view text) const {
    ORDERD_CHECK(ftruncate(file_, 0) == 0, "ftruncate");
    ORDERD_CHECK(pwrite(file_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()), "pwrite");
  }

 private:
  const int file_;
};

Result<settings::Settings> load(std::string_view text) {
  static const File file;
  file.write(text);
  settings::Sources sources;
  sources.file = file.path();
  return settings::load(sources);
}

// One line for each mistake.
void check_mistakes(const std::string& error) {
  Input lines(reinterpret_cast<const uint8_t*>(error.data()), error.size());
  for (const std::string_view line : lines.parts('\n')) {
    ORDERD_CHECK(!line.empty() && line.size() < 2000, "a mistake is not reported in one line");
    ORDERD_CHECK(is_plain(line), "a mistake is not reported in plain text");
  }
}

void check_settings(const settings::Settings& settings) {
  const std::string text = settings::print(settings);
  const auto again = load(text);
  ORDERD_CHECK(again.ok(), again.ok() ? "" : again.error().c_str());
  ORDERD_CHECK(settings::print(*again) == text, text.c_str());
  const auto servers = valkey::parse_urls(settings.valkey.url);
  ORDERD_CHECK(servers.ok(), "a bad address was accepted");
  if (!servers->front().password.empty()) return;  // it is printed as ***
  const settings::Changes changes = settings::compare(settings, *again);
  ORDERD_CHECK(changes.live.empty() && changes.restart.empty(), text.c_str());
  (void)settings.stock_keys();
  (void)settings.order_keys();
}

}  // namespace
}  // namespace orderd::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  using namespace orderd::fuzz;
  const auto settings = load(Input(data, size).rest());
  if (settings) {
    check_settings(*settings);
  } else {
    check_mistakes(settings.error());
  }
  return 0;
}
