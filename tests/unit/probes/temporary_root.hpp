#pragma once
/// A folder that stands for "/" in a test and is removed after it.

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "runtime/files.hpp"

namespace dynascale {

class TemporaryRoot {
 public:
  TemporaryRoot() {
    std::string pattern = (std::filesystem::temp_directory_path() / "dynascale-probes-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
    files_ = Files{path_};
  }
  TemporaryRoot(const TemporaryRoot&) = delete;
  TemporaryRoot& operator=(const TemporaryRoot&) = delete;
  ~TemporaryRoot() { std::filesystem::remove_all(path_); }

  void write(std::string_view path, std::string_view content) const {
    const auto full = files_.resolve(path);
    std::filesystem::create_directories(full.parent_path());
    std::ofstream{full} << content;
  }
  void link(std::string_view path, std::string_view target) const {
    const auto full = files_.resolve(path);
    std::filesystem::create_directories(full.parent_path());
    std::filesystem::create_symlink(target, full);
  }
  [[nodiscard]] const Files& files() const { return files_; }

 private:
  std::filesystem::path path_;
  Files files_;
};

}  // namespace dynascale
