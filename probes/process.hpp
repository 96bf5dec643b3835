#pragma once
/// All running processes, bounded. Threading: stateless, any thread.

#include <map>
#include <vector>

#include "core/model/process.hpp"
#include "core/model/result.hpp"
#include "runtime/files.hpp"
#include "runtime/process_info.hpp"

namespace dynascale {

inline constexpr std::size_t max_processes = 8192;

/// All processes but kernel threads and zombies, by pid. One that ends while it is read is left out.
/// Errors: those of listing /proc.
[[nodiscard]] Result<std::vector<ProcessInfo>> list_processes(const Files& files);

/// How long a process has been running, from its `start_ticks` and /proc/uptime. Errors: those of the file; `corrupt`.
[[nodiscard]] Result<Duration> age_of_process(const Files& files, std::uint64_t start_ticks);

/// What the kernel counts in creating processes and threads, /proc/stat and kernel/pid_max.
struct ProcessCounters {
  std::uint64_t created = 0;  ///< Since boot.
  std::uint64_t numbers = 0;  ///< Of which it then gives numbers anew, oldest first.
};
[[nodiscard]] Result<ProcessCounters> read_process_counters(const Files& files);

/// `list_processes` for those who ask often: a process is read once when it is young and once when it is old, and not
/// again. That is sound as long as fewer than half of all numbers were given since the last look, because the kernel
/// gives them in turn: no number can then belong to another process. What may change in an old process (its parent, the
/// signals that it handles, its program by exec) is seen after `forget`. Threading: one thread at a time.
class ProcessTable {
 public:
  explicit ProcessTable(const Files& files) : files_{files} {}
  [[nodiscard]] Result<std::vector<ProcessInfo>> list();
  /// The next `list` reads everything.
  void forget() { known_.clear(); }
  /// Processes that were read from /proc so far; for measurements.
  [[nodiscard]] std::uint64_t reads() const { return reads_; }

 private:
  struct Known {
    ProcessInfo info;
    bool settled = false;   ///< Read when it was older than `settling_time`.
    bool listed = false;    ///< Neither a kernel thread nor a zombie.
  };
  static constexpr std::chrono::seconds settling_time{30};
  const Files& files_;
  std::map<std::int32_t, Known> known_;
  std::uint64_t created_ = 0;
  std::uint64_t reads_ = 0;
};

}  // namespace dynascale
