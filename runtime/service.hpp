#pragma once
/// What a daemon says to systemd (sd_notify(3)), and the lock that keeps it single. Outside systemd all of the
/// notifications do nothing.

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "core/model/result.hpp"

namespace dynascale {

void notify_ready(std::string_view status);
void notify_status(std::string_view status);
void notify_stopping();
void notify_watchdog();
/// Half of WATCHDOG_USEC when systemd asked this process for keep-alives.
[[nodiscard]] std::optional<std::chrono::microseconds> watchdog_interval();

/// An exclusive flock(2) on a file, held until destruction; the kernel releases it when the process dies.
class InstanceLock {
 public:
  /// Errors: `refused` when another process holds it (its pid is in the text), `io`.
  [[nodiscard]] static Result<InstanceLock> acquire(const std::filesystem::path& file);
  InstanceLock(InstanceLock&& other) noexcept : fd_{other.fd_} { other.fd_ = -1; }
  InstanceLock& operator=(InstanceLock&&) = delete;
  ~InstanceLock();

 private:
  explicit InstanceLock(int fd) : fd_{fd} {}
  int fd_;
};

}  // namespace dynascale
