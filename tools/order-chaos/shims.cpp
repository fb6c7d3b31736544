// Each file is mapped here and in the server, so changes take effect at once.
#include "order-chaos/shims.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "order-chaos/shims/fsync_table.h"

namespace orderd::test {
namespace {

constexpr char kFull = 2;  // see disk_full.c
constexpr const char* kDirectory = "/appendonlydir";

void* map_new(const std::string& path, std::size_t size) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const bool sized = fd >= 0 && ftruncate(fd, static_cast<off_t>(size)) == 0;
  void* at = sized ? mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
  const int error = errno;
  if (fd >= 0) close(fd);
  if (at == MAP_FAILED) throw std::runtime_error("cannot make " + path + ": " + std::strerror(error));
  return at;
}

}  // namespace

Shims::Shims()
    : clock_(map_new(directory_.file("clock"), sizeof(int64_t))),
      disk_(map_new(directory_.file("disk"), 1)),
      table_(map_new(directory_.file("fsync"), sizeof(FsyncTable))) {
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

void Shims::shift_clock(std::chrono::nanoseconds offset) {
  std::atomic_ref(*static_cast<int64_t*>(clock_)).store(offset.count());
}

void Shims::fill_disk() {
  std::atomic_ref(*static_cast<char*>(disk_)).store(kFull);
}

void Shims::free_disk() {
  std::atomic_ref(*static_cast<char*>(disk_)).store(0);
}

uint64_t Shims::safe_bytes(const std::string& path) const {
  struct stat file {};
  if (stat(path.c_str(), &file) != 0) throw std::runtime_error("cannot stat " + path + ": " + std::strerror(errno));
  auto& table = *static_cast<FsyncTable*>(table_);
  for (FsyncRow& row : table.rows) {
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
