#pragma once
/// Pressure stall information (kernel, Documentation/accounting/psi.rst): averages, and triggers that make a
/// file descriptor readable by POLLPRI when pressure rises. The caller owns the event loop and waits on the
/// descriptor. Threading: stateless, any thread.

#include <chrono>
#include <cstdint>
#include <string_view>

#include "core/model/result.hpp"
#include "core/model/sample.hpp"
#include "runtime/files.hpp"
#include "runtime/unique_fd.hpp"

namespace dynascale {

enum class PressureResource { cpu, memory, io };
[[nodiscard]] std::string_view to_string(PressureResource resource);

struct PressureReading {
  Pressure average;
  std::chrono::microseconds some_total{0};  ///< Stalled since boot.
  std::chrono::microseconds full_total{0};
  bool operator==(const PressureReading&) const = default;
};

/// Reads the content of one /proc/pressure file. Kernels before 5.13 have no `full` line for the CPU: it
/// stays zero. Errors: `corrupt`.
[[nodiscard]] Result<PressureReading> parse_pressure(std::string_view text);

/// An armed trigger. Poll `fd` for POLLPRI (EPOLLPRI; Asio: wait_error); there is nothing to read. POLLERR
/// means that the resource's file went away. Closing the descriptor removes the trigger.
struct PressureTrigger {
  UniqueFd fd;
  std::chrono::milliseconds threshold{0};  ///< Stall time within one window that fires it.
  std::chrono::milliseconds window{0};     ///< At most one event comes in this time.
};

/// Reads one of /proc/pressure/{cpu,memory,io}.
/// Errors: `not_found` on a kernel without PSI, or booted with psi=0; `corrupt`.
[[nodiscard]] Result<PressureReading> read_pressure(const Files& files, PressureResource resource);
/// Of the tasks in one cgroup and below it. Errors: as `cgroup_folders`, `not_found`, `corrupt`.
[[nodiscard]] Result<PressureReading> read_cgroup_pressure(const Files& files, std::string_view cgroup,
                                                           PressureResource resource);

/// Arms a trigger for "some tasks stalled for more than `share` of a window". The window is 500 ms, or 2 s
/// where the kernel (6.5 and newer) wants CAP_SYS_RESOURCE for anything shorter and the process does not have
/// it. Errors: `not_found`, `permission_denied`, `invalid_argument`, `io`.
[[nodiscard]] Result<PressureTrigger> open_pressure_trigger(const Files& files, PressureResource resource,
                                                            Ratio share);

}  // namespace dynascale
