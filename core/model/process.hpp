#pragma once
/// One running process, as /proc shows it. `pid` with `start_ticks` names a process for ever; a pid alone
/// does not.

#include <cstdint>
#include <string>
#include <vector>

#include "core/model/units.hpp"

namespace dynascale {

struct ProcessInfo {
  std::int32_t pid = 0;
  std::int32_t parent_pid = 0;
  std::uint64_t start_ticks = 0;  ///< Field 22 of /proc/PID/stat: clock ticks since boot.
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  char state = '?';                    ///< Field 3 of /proc/PID/stat.
  std::string comm = {};               ///< As the kernel cut it: at most 15 characters.
  std::string executable = {};         ///< Target of /proc/PID/exe; empty when not readable.
  std::string working_directory = {};  ///< Target of /proc/PID/cwd; empty when not readable.
  std::string cgroup = {};             ///< cgroup v2 path, as "/system.slice/x.service".
  std::vector<std::string> argv = {};
  std::uint64_t signals_caught = 0;  ///< SigCgt of /proc/PID/status, bit n-1 for signal n.
  Bytes private_dirty = {};          ///< smaps_rollup; zero when not readable or not asked for.
  bool operator==(const ProcessInfo&) const = default;
};

}  // namespace dynascale
