// The file is mapped here and in the server, so changes take effect at once.
#include "order-chaos/shims.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace orderd::test {
namespace {

constexpr const char* kDirectory = "/appendonlydir";

}  // namespace

Shims::Shims() {
  const std::string path = directory_.file("shim");
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const bool sized = fd >= 0 && ftruncate(fd, sizeof *shim_) == 0;
  void* at = sized ? mmap(nullptr, sizeof *shim_, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
  const int error = errno;
  if (fd >= 0) close(fd);
  if (at == MAP_FAILED) throw std::runtime_error("cannot make " + path + ": " + std::strerror(error));
  shim_ = static_cast<ServerShim*>(at);
}

Shims::~Shims() {
  munmap(shim_, sizeof *shim_);
}

std::vector<std::string> Shims::environment() const {
  return {"LD_PRELOAD=" ORDERD_SERVER_SHIM, "ORDERD_SERVER_SHIM=" + directory_.file("shim")};
}

uint64_t Shims::safe_bytes(const std::string& path) const {
  struct stat file {};
  if (stat(path.c_str(), &file) != 0) throw std::runtime_error("cannot stat " + path + ": " + std::strerror(errno));
  for (FsyncRow& row : shim_->rows) {
    if (std::atomic_ref(row.inode).load() != file.st_ino) continue;
    const auto safe = static_cast<uint64_t>(std::atomic_ref(row.safe).load());
    return std::min(safe, static_cast<uint64_t>(file.st_size));
  }
  return 0;
}

void cut_power(ValkeyServer& server, const Shims& shims) {
  server.kill();
  for (const auto& file : std::filesystem::directory_iterator(server.directory() + kDirectory))
    std::filesystem::resize_file(file.path(), shims.safe_bytes(file.path()));
}

std::string append_only_file(const std::string& server_directory) {
  const std::string directory = server_directory + kDirectory;
  std::ifstream manifest(directory + "/appendonly.aof.manifest");
  std::string found;
  // file NAME seq NUMBER type b|h|i
  for (std::string line; std::getline(manifest, line);) {
    std::istringstream words(line);
    std::string label, name, type;
    words >> label >> name >> label >> label >> label >> type;
    if (type == "i") found = directory + "/" + name;
  }
  if (found.empty()) throw std::runtime_error("no manifest in " + directory + " names an incremental file");
  return found;
}

}  // namespace orderd::test
