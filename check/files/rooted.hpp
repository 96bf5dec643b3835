#pragma once
/// Files below another root: a container's, a mounted image's. Unlike a path that is merely joined, a
/// symbolic link in there never leads out of it (openat2 with RESOLVE_IN_ROOT, Linux 5.6). Threading: any
/// thread.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/result.hpp"

namespace dynascale::check {

class RootedFiles {
 public:
  explicit RootedFiles(std::string root) : root_{std::move(root)} {}

  /// Plain files of at most `limit` bytes. Errors: `not_found`, `permission_denied`, `unsupported` (no plain
  /// file), `limit_exceeded`, `io`.
  [[nodiscard]] Result<std::string> read(std::string_view path, std::size_t limit) const;
  /// Sorted names; empty when there is no such folder.
  [[nodiscard]] std::vector<std::string> list(std::string_view folder) const;
  [[nodiscard]] bool exists(std::string_view path) const;
  /// The paths that a pattern with `*` in its last component names, sorted, at most 256. A path without `*`
  /// names itself when it exists.
  [[nodiscard]] std::vector<std::string> expand(const std::string& pattern) const;
  [[nodiscard]] const std::string& root() const { return root_; }

 private:
  [[nodiscard]] int open(std::string_view path, int flags) const;
  std::string root_;
};

}  // namespace dynascale::check
