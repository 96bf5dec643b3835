#pragma once
/// Lists the files below the paths that a user named, in a stable order.

#include <string>
#include <vector>

#include "check/model/finding.hpp"

namespace dynascale::check {

struct ListedFile {
  std::string path;      ///< As the user would write it: the given path, then what lies below it.
  std::string relative;  ///< Below the given folder; for a given file, its last three components.
  std::uint64_t size = 0;
};

struct Listing {
  std::vector<ListedFile> files;  ///< Sorted by path, each once.
  std::vector<Incident> incidents;
};

/// Never follows a symbolic link inside a tree (so loops cannot happen), skips what is no plain file, and
/// reports what it could not read as DSC903. A given path that does not exist is DSC903 too.
[[nodiscard]] Listing list_files(const std::vector<std::string>& paths,
                                 const std::vector<std::string>& excludes);

}  // namespace dynascale::check
