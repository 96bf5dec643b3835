#pragma once
/// Audits running applications: /proc, their cgroup, command line, environment and configuration files.
/// Reads only. Blocks for the time of the reads; any thread.

#include <string>
#include <vector>

#include "check/catalog/catalog.hpp"
#include "check/engine/matchers.hpp"
#include "check/engine/scan.hpp"
#include "core/model/result.hpp"

namespace dynascale::check {

struct InspectOptions {
  std::vector<std::int32_t> pids = {};
  std::vector<std::string> units = {};  ///< With or without ".service".
  bool all = false;
  std::string root = "/";  ///< Where proc, sys and etc are looked up.
  Envelope envelope = {};
};

/// A pid or unit that does not run, and what the rights did not allow to read, become incidents DSC903.
/// Errors: those of listing /proc.
[[nodiscard]] Result<ScanReport> inspect(const InspectOptions& options, const Catalog& catalog,
                                         const Matchers& matchers);

}  // namespace dynascale::check
