#pragma once
/// The file system behind an injectable root, so that a probe reads /proc, /sys or a test's tree alike.
/// Threading: stateless, any thread.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/result.hpp"
#include "core/model/units.hpp"

namespace dynascale {

class Files {
 public:
  /// Every absolute path given later is looked up below `root`.
  explicit Files(std::filesystem::path root = "/");

  /// Reads at most `limit`; a longer file is `limit_exceeded`. Works for /proc files, which have no size.
  [[nodiscard]] Result<std::string> read(std::string_view path, Bytes limit = Bytes::mib(1)) const;
  /// One write(2) without truncation: what sysfs and procfs expect.
  [[nodiscard]] Status write_attribute(std::string_view path, std::string_view value) const;
  /// Replaces a regular file atomically (temporary file in the same folder, fsync, rename); keeps mode and owner.
  [[nodiscard]] Status replace(std::string_view path, std::string_view content) const;
  /// Removes a file; one that is not there is no error.
  [[nodiscard]] Status remove(std::string_view path) const;
  [[nodiscard]] Result<std::string> read_link(std::string_view path) const;
  /// Sorted names, without "." and "..".
  [[nodiscard]] Result<std::vector<std::string>> list(std::string_view path) const;
  [[nodiscard]] bool exists(std::string_view path) const;
  [[nodiscard]] std::filesystem::path resolve(std::string_view path) const;

 private:
  std::filesystem::path root_;
};

}  // namespace dynascale
