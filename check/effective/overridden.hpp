#pragma once
/// Which settings of several files count in the end.

#include <vector>

#include "check/effective/config_file.hpp"
#include "check/effective/resolve.hpp"
#include "check/model/finding.hpp"

namespace dynascale::check {

struct Place {
  std::string path;
  std::uint32_t line = 0;
  auto operator<=>(const Place&) const = default;
};

/// A setting that a later one replaces.
struct Overridden {
  Place loser, winner;
};

/// Pure. `files` in the order in which a server reads those that do not include one another (a service's several
/// `-f`); each is followed through its includes, at most 16 deep and 1024 files in all. nginx refuses what is given
/// twice, so nothing of it is overridden.
[[nodiscard]] std::vector<Overridden> find_overridden(const std::vector<ConfigFile>& files, const KnownPaths& paths,
                                                      bool one_server);

/// Takes the findings on overridden settings away; those on settings that win over another file's say so.
void keep_effective(const std::vector<Overridden>& overridden, std::vector<Finding>& findings);

}  // namespace dynascale::check
