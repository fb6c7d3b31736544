// Each file is mapped here and in the server, so changes take effect at once.
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

template <class T>
T* map_new(const std::string& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const bool sized = fd >= 0 && ftruncate(fd, sizeof(T)) == 0;
  void* at = sized ? mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
  const int error = errno;
  if (fd >= 0) close(fd);
  if (at == MAP_FAILED) throw std::runtime_error("cannot make " + path + ": " + std::strerror(error));
  return static_cast<T*>(at);
}

}  // namespace

Shims::Shims()
    : clock_(map_new<int64_t>(directory_.file("clock"))),
      disk_(map_new<char>(directory_.file("disk"))),
      table_(map_new<FsyncTable>(directory_.file("fsync"))) {
}

Shims::~Shims() {
  munmap(clock_, sizeof(int64_t));
  munmap(disk_, 1);
  munmap(table_, sizeof(FsyncTable));
}

std::vector<std::string> Shims::environment() const {
  return {"LD_PRELOAD=" ORDERD_FSYNC_RECORDER ":" ORDERD_CLOCK_SHIM ":" ORDERD_DISK_FULL,
          "ORDERD_CLOCK_OFFSET=" + directory_.file("clock"), "ORDERD_DISK_FULL=" + directory_.file("disk"),
          "ORDERD_FSYNC_TABLE=" + directory_.file("fsync")};
}

uint64_t Shims::safe_bytes(const std::string& path) const {
  struct stat file {};
  if (stat(path.c_str(), &file) != 0) throw std::runtime_error("cannot stat " + path + ": " + std::strerror(errno));
  for (FsyncRow& row : table_->rows) {
    if (std::atomic_ref(row.inode).load() != file.st_ino) continue;
    const auto safe = static_cast<uint64_t>(std::atomic_ref(row.safe).load());
    return std::min(safe, static_cast<uint64_t>(file.st_size));
  }
  return 0;
}

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
    std::string label, name, type;
    words >> label >> name >> label >> label >> label >> type;
    if (type == "i") found = directory + "/" + name;
  }
  if (found.empty()) throw std::runtime_error("no manifest in " + directory + " names an incremental file");
  return found;
}

}  // namespace orderd::test
