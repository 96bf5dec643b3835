#pragma once
/// Notices that somebody wrote a limit of a cgroup. inotify on a cgroup's folder reports each write(2) of user space to
/// a file in it, also through another mount and from another cgroup namespace (measured on Linux 6.18: systemd, a
/// container runtime and a shell alike). It does not report what the kernel changes by itself: cpuset.cpus.effective
/// after a CPU went offline. Whoever uses this therefore looks by itself from time to time too.
/// Threading: one thread at a time.

#include <map>
#include <set>
#include <string>

#include "core/model/result.hpp"
#include "runtime/files.hpp"
#include "runtime/unique_fd.hpp"

namespace dynascale {

inline constexpr std::size_t max_watched_folders = 256;

class CgroupEvents {
 public:
  /// Errors: `unavailable` when the kernel gives no inotify instance.
  [[nodiscard]] static Result<CgroupEvents> open(const Files& files);

  /// Watches these cgroups and all their ancestors, and no others any more. Returns how many folders are watched; what
  /// cannot be watched, or is beyond the bound, is left out.
  std::size_t follow(const std::set<std::string>& cgroups);
  /// Readable when something was written; `changed` empties it.
  [[nodiscard]] int fd() const { return fd_.get(); }
  /// Whether a file that holds a limit was written, a watched cgroup vanished, or events were lost.
  [[nodiscard]] bool changed();

 private:
  CgroupEvents(const Files& files, UniqueFd fd) : files_{&files}, fd_{std::move(fd)} {}
  const Files* files_;
  UniqueFd fd_;
  std::map<std::string, int> watches_;  ///< Folder to inotify's number for it.
};

}  // namespace dynascale
