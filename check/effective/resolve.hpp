#pragma once
/// Which of the known files an include names. Paths only: nothing is opened.

#include <string>
#include <string_view>
#include <vector>

namespace dynascale::check {

/// Paths, sorted, that can be asked for by a pattern with `*` in its last component.
class KnownPaths {
 public:
  explicit KnownPaths(std::vector<std::string> paths);

  /// What `pattern`, written in the file `from`, names, in the order in which servers read it. A relative pattern
  /// counts from the file's folder, else from the folder above it (Apache's ServerRoot). An absolute one also counts
  /// below any folder that holds `from`: a tree that is not at its place. Empty when nothing fits.
  [[nodiscard]] std::vector<std::string> find(std::string_view from, std::string_view pattern) const;

 private:
  [[nodiscard]] std::vector<std::string> match(const std::string& pattern) const;
  std::vector<std::string> paths_;
};

/// The folder of a path, without a trailing slash; "." for a bare name, "" for what lies in the root.
[[nodiscard]] std::string folder_of(std::string_view path);

}  // namespace dynascale::check
