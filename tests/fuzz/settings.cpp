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
#include "support/text_rules.h"
#include "valkey/endpoint.h"

namespace orderd::fuzz {
namespace {

Result<settings::Settings> load(std::string_view text) {
  static const int file = memfd_create("settings", MFD_CLOEXEC);  // in memory
  ORDERD_CHECK(file >= 0 && ftruncate(file, 0) == 0, "no empty file");
  ORDERD_CHECK(pwrite(file, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()), "pwrite");
  settings::Sources sources;
  sources.file = "/proc/self/fd/" + std::to_string(file);
  return settings::load(sources);
}

// One line for each mistake.
void check_mistakes(const std::string& error) {
  for (const std::string_view line : Input(error).parts('\n')) {
    ORDERD_CHECK(!line.empty() && line.size() < 2000, "a mistake is not reported in one line");
    ORDERD_CHECK(test::is_plain(line), "a mistake is not reported in plain text");
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

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  const auto settings = load(Input(data, size).rest());
  if (!settings) check_mistakes(settings.error());
  if (settings) check_settings(*settings);
  return 0;
}

}  // namespace orderd::fuzz
