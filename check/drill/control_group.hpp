#pragma once
/// Where a process stands in the control groups, of version 1 and 2. Pure.

#include <optional>
#include <string>
#include <string_view>

#include "core/model/result.hpp"

namespace dynascale::check {

struct ControlGroup {
  std::string folder;  ///< Absolute.
  std::string mount;   ///< The hierarchy's root; equal to `folder` for a process that stands there.
  int version = 0;
  bool operator==(const ControlGroup&) const = default;
};

/// The group of the process whose /proc/PID/cgroup is `groups` that `controller` ("cpuset", "memory") obeys:
/// of version 1 where that has the controller, else of version 2. `mounts` is /proc/self/mountinfo. Errors:
/// `unsupported` when no hierarchy is mounted here that shows it.
[[nodiscard]] Result<ControlGroup> find_group(std::string_view groups, std::string_view mounts,
                                              std::string_view controller);

/// The first `count` CPUs of a list as "0-3,8", as a list. Nothing when it has fewer or is broken.
[[nodiscard]] std::optional<std::string> first_cpus(std::string_view list, std::uint32_t count);

}  // namespace dynascale::check
