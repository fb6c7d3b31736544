#include "chaos/power_cut.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace orderd::test {
namespace {

constexpr const char* kDirectory = "/appendonlydir";

}  // namespace

PowerCut cut_power(ValkeyServer& server, const Shims& shims) {
  server.kill();
  PowerCut cut;
  for (const auto& file : std::filesystem::directory_iterator(server.directory() + kDirectory)) {
    const uint64_t safe = shims.safe_bytes(file.path());
    cut.bytes_safe += safe;
    cut.bytes_lost += file.file_size() - safe;
    std::filesystem::resize_file(file.path(), safe);
  }
  return cut;
}

std::string append_only_file(const std::string& server_directory) {
  const std::string directory = server_directory + kDirectory;
  std::ifstream manifest(directory + "/appendonly.aof.manifest");
  std::string found;
  // file NAME seq NUMBER type b|h|i
  for (std::string line; std::getline(manifest, line);) {
    std::istringstream words(line);
    std::string label;
    std::string name;
    std::string type;
    words >> label >> name >> label >> label >> label >> type;
    if (type == "i") found = directory + "/" + name;
  }
  if (found.empty()) throw std::runtime_error("no manifest in " + directory + " names an incremental file");
  return found;
}

}  // namespace orderd::test
