#pragma once
/// Kernel events about devices (CPUs, memory blocks) from the netlink family KOBJECT_UEVENT. The caller owns
/// the event loop: it waits until `fd` is readable and then calls `receive` until nothing is left. Threading:
/// one thread at a time.

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/model/result.hpp"
#include "runtime/unique_fd.hpp"

namespace dynascale {

struct Uevent {
  std::string action;     ///< "add", "remove", "online", "offline", "change"
  std::string device;     ///< DEVPATH: "/devices/system/cpu/cpu2"
  std::string subsystem;  ///< "cpu", "memory"
  bool operator==(const Uevent&) const = default;
};

/// "add@/devices/…" and then KEY=value strings, each ended by a zero byte. Errors: `corrupt`.
[[nodiscard]] Result<Uevent> parse_uevent(std::string_view message);

class UeventSocket {
 public:
  /// Errors: `permission_denied`, `unsupported`, `io`.
  [[nodiscard]] static Result<UeventSocket> open();

  [[nodiscard]] int fd() const { return fd_.get(); }

  /// The next event of the kernel; nothing when none waits. Messages of other senders are dropped.
  /// Errors: `limit_exceeded` when the kernel dropped events because nobody read them: read the topology
  /// again. `corrupt`, `io`.
  [[nodiscard]] Result<std::optional<Uevent>> receive();

 private:
  explicit UeventSocket(UniqueFd fd) : fd_{std::move(fd)} {}
  UniqueFd fd_;
};

}  // namespace dynascale
