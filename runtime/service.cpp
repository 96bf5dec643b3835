#include "runtime/service.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace dynascale {

void notify_ready(std::string_view status) { sd_notify(0, fmt::format("READY=1\nSTATUS={}", status).c_str()); }
void notify_status(std::string_view status) { sd_notify(0, fmt::format("STATUS={}", status).c_str()); }
void notify_stopping() { sd_notify(0, "STOPPING=1"); }
void notify_watchdog() { sd_notify(0, "WATCHDOG=1"); }

std::optional<std::chrono::microseconds> watchdog_interval() {
  std::uint64_t microseconds = 0;
  if (sd_watchdog_enabled(0, &microseconds) <= 0) return std::nullopt;
  return std::chrono::microseconds{microseconds / 2};
}

Result<InstanceLock> InstanceLock::acquire(const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0)
    return fail(Errc::io, fmt::format("cannot open the lock file {}: {}", file.string(),
                                      std::generic_category().message(errno)));
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    std::array<char, 32> owner{};
    const auto length = ::read(fd, owner.data(), owner.size() - 1);
    ::close(fd);
    return fail(Errc::refused, fmt::format("another instance (pid {}) holds {}; stop it first",
                                           length > 0 ? owner.data() : "unknown", file.string()));
  }
  const auto pid = fmt::format("{}", ::getpid());
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, pid.data(), pid.size(), 0) < 0) {
    ::close(fd);
    return fail(Errc::io, fmt::format("cannot write {}", file.string()));
  }
  return InstanceLock{fd};
}

InstanceLock::~InstanceLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace dynascale
