#pragma once
/// gunicorn's processes: masters, their workers, and signs of a reload.

#include <span>
#include <vector>

#include "core/model/application.hpp"
#include "core/model/result.hpp"
#include "core/model/units.hpp"
#include "runtime/files.hpp"

namespace dynascale::gunicorn {

[[nodiscard]] bool handles(const ProcessInfo& process, int signal);
/// Whether it handles what a master handles; a new worker does too until it starts its own code.
[[nodiscard]] bool is_master(const ProcessInfo& process);

/// Pure. A master's parent is no gunicorn.
[[nodiscard]] std::vector<Instance> find_masters(std::span<const ProcessInfo> processes);

/// The workers alive now.
/// Errors: `refused` while two masters run (an upgrade by USR2), `not_found` when the master ended.
[[nodiscard]] Result<std::vector<ProcessInfo>> list_workers(const Files& files, std::int32_t master);

/// Whether workers younger than `grace` started together, long after their master and beside older ones:
/// after HUP old and new workers run side by side until the last old request ends, so their count says
/// nothing.
[[nodiscard]] bool looks_reloaded(std::span<const ProcessInfo> workers, std::uint64_t master_start_ticks,
                                  Duration grace);
/// The same, with the time since boot given.
[[nodiscard]] bool looks_reloaded(std::span<const ProcessInfo> workers, std::uint64_t master_start_ticks,
                                  Duration grace, Duration since_boot, long ticks_per_second);

}  // namespace dynascale::gunicorn
