#pragma once
/// Servers that are a master with workers: found by their title or program, counted by their children.

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/adapter.hpp"
#include "runtime/files.hpp"

namespace dynascale {

/// The words of a command line with blanks between. A program that sets its own title writes it as one word.
[[nodiscard]] std::string title_of(const ProcessInfo& process);
/// The unit of systemd that a cgroup path names, or nothing.
[[nodiscard]] std::string_view unit_of(std::string_view cgroup);

/// One instance for each process that `is_master` accepts and whose parent it does not, with its children.
/// Its id is the unit, else what `name` says. Pure.
[[nodiscard]] std::vector<Instance> find_masters(std::span<const ProcessInfo> processes,
                                                 std::string_view adapter,
                                                 const std::function<bool(const ProcessInfo&)>& is_master,
                                                 const std::function<std::string(const ProcessInfo&)>& name);

/// Children that run now. Errors: `not_found` when the master ended.
[[nodiscard]] Result<std::vector<ProcessInfo>> children_of(const Files& files, std::int32_t master);
[[nodiscard]] std::set<std::int32_t> pids_of(const std::vector<ProcessInfo>& processes);

/// Waits until the children are as `condition` wants. Errors: `timeout`, `not_found` when the master ended.
Status wait_for_children(const Files& files, std::int32_t master,
                         const std::function<bool(const std::vector<ProcessInfo>&)>& condition,
                         const CallLimits& limits);

/// The private memory of the largest of `processes`, and of all together; of at most sixteen of them. Absent
/// when it is not readable.
struct PrivateMemory {
  Bytes largest;
  Bytes all;
};
[[nodiscard]] std::optional<PrivateMemory> private_memory_of(const Files& files,
                                                             const std::vector<ProcessInfo>& processes);

}  // namespace dynascale
