// Shared by the settings tests: sources made of texts, and files in a test's own directory.
#pragma once

#include <sys/stat.h>

#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "settings/load.h"
#include "support/temporary_directory.h"
#include "support/text.h"

namespace orderd::settings {

using test::contains;
using test::TemporaryDirectory;

inline std::string write_file(const TemporaryDirectory& directory, const std::string& name, std::string_view text,
                              mode_t mode = 0600) {
  std::string path = directory.file(name);
  std::ofstream(path, std::ios::binary).write(text.data(), static_cast<std::streamsize>(text.size()));
  ::chmod(path.c_str(), mode);
  return path;
}

// Loads `text` from a file, which is "F" in the errors.
inline Result<Settings> load_text(std::string_view text) {
  const TemporaryDirectory directory;
  Sources sources;
  sources.file = write_file(directory, "orderd.toml", text);
  auto loaded = load(sources);
  if (loaded) return loaded;
  std::string error = loaded.error();
  for (std::size_t at = 0; (at = error.find(sources.file)) != std::string::npos;) {
    error.replace(at, sources.file.size(), "F");
  }
  return Failure{error};
}

using Flags = std::vector<std::pair<std::string, std::string>>;

inline Result<Settings> load_flags(Flags flags) {
  return load({.file = "", .flags = std::move(flags), .environment = {}});
}

inline Result<Settings> load_flag(const std::string& key, const std::string& text) {
  return load_flags({{key, text}});
}

inline Result<Settings> load_variable(const std::string& name, const std::string& text) {
  return load({.file = "", .flags = {}, .environment = {{name, text}}});
}

// Names of streams and stock keys that begin with `tag`, and more flags.
inline Flags tagged(const std::string& tag, Flags more) {
  more.insert(
      more.begin(),
      {{"streams.orders", tag + "orders"}, {"streams.results", tag + "results"}, {"keys.stock", tag + "stock:<sku>"}});
  return more;
}

// "" if valid.
inline std::string error_of(const Result<Settings>& loaded) {
  return loaded ? "" : loaded.error();
}

}  // namespace orderd::settings
