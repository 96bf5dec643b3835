#pragma once
/// One process in /proc: what names it, who owns it, which signals it handles, what memory it would give
/// back. Parsers are pure and bounded. Threading: stateless, any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/process.hpp"
#include "core/model/result.hpp"
#include "runtime/files.hpp"

namespace dynascale {

inline constexpr std::size_t max_argv_bytes =
    16 * 1024;  ///< Of all arguments of one process; the rest is cut.

/// The fields of /proc/PID/stat that name a process.
struct ProcessStat {
  std::string comm;
  char state = '?';
  std::int32_t parent_pid = 0;
  std::uint64_t start_ticks = 0;
  bool operator==(const ProcessStat&) const = default;
};
/// `comm` may hold blanks and parentheses. Errors: `corrupt`.
[[nodiscard]] Result<ProcessStat> parse_process_stat(std::string_view text);

/// The fields of /proc/PID/status that are needed; effective user and group.
struct ProcessStatus {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint64_t signals_caught = 0;
  bool operator==(const ProcessStatus&) const = default;
};
/// Errors: `corrupt`.
[[nodiscard]] Result<ProcessStatus> parse_process_status(std::string_view text);
/// /proc/PID/cmdline: arguments that end with a zero byte each.
[[nodiscard]] std::vector<std::string> parse_cmdline(std::string_view text);
/// The cgroup v2 path in /proc/PID/cgroup; empty when there is none.
[[nodiscard]] std::string parse_process_cgroup(std::string_view text);
/// Private_Dirty of smaps_rollup. Errors: `corrupt`.
[[nodiscard]] Result<Bytes> parse_private_dirty(std::string_view text);

/// Pss of smaps_rollup: each shared page counts by its part, one that is mapped thrice once. Errors: `corrupt`.
[[nodiscard]] Result<Bytes> parse_proportional(std::string_view text);
/// The process's number in its own PID namespace, the last of NSpid in /proc/PID/status.
[[nodiscard]] std::optional<std::int32_t> innermost_pid(std::string_view text);

/// VmRSS of /proc/PID/status. Errors: `corrupt`.
[[nodiscard]] Result<Bytes> parse_resident(std::string_view text);

/// One process. Errors: `not_found` when it ended, `corrupt`.
[[nodiscard]] Result<ProcessInfo> read_process(const Files& files, std::int32_t pid);
/// Memory that the end of this process would give back. Needs the same user or CAP_SYS_PTRACE; costs the
/// kernel a walk over the process's page tables, so ask for few. Errors: `not_found`, `permission_denied`,
/// `corrupt`.
[[nodiscard]] Result<Bytes> read_private_dirty(const Files& files, std::int32_t pid);
/// Its proportional memory; the same cost and errors.
[[nodiscard]] Result<Bytes> read_proportional(const Files& files, std::int32_t pid);
/// Memory of the process in RAM, shared pages too; everybody may read it. Errors: `not_found`, `corrupt`.
[[nodiscard]] Result<Bytes> read_resident(const Files& files, std::int32_t pid);
/// Its children by pid, from /proc/PID/task/*/children, or from a scan of /proc where the kernel lacks that
/// file. Errors: `not_found` when the process ended.
[[nodiscard]] Result<std::vector<std::int32_t>> child_pids(const Files& files, std::int32_t pid);

}  // namespace dynascale
