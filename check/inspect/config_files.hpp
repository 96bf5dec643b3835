#pragma once
/// Where a running application's configuration lies, told from its command line, its working folder and the
/// defaults of its packages. Pure: nothing is looked up.

#include <string>
#include <vector>

#include "check/inspect/instance.hpp"

namespace dynascale::check {

struct ConfigCandidate {
  std::string path;  ///< Absolute, as the process sees it; its last component may hold `*`.
  /// The name under which the file is judged when its own does not tell its syntax: "gunicorn.conf.py".
  std::string known_as;
};

/// What the command line names, or the defaults when it names nothing.
[[nodiscard]] std::vector<ConfigCandidate> config_candidates(const LiveInstance& instance);

/// The unit's file and its drop-ins, most important folder first; `*` as above.
[[nodiscard]] std::vector<std::string> unit_files(std::string_view unit);

}  // namespace dynascale::check
