#pragma once
/// Whether an application may be restarted now for the settings that it takes at a restart only. Pure.

#include <optional>
#include <span>
#include <string>

#include "core/config/restart_window.hpp"
#include "core/model/application.hpp"

namespace dynascale::agent {

/// Local time of the day, as restart windows are written.
struct LocalTime {
  unsigned weekday = 0;  ///< From 0 for Monday.
  unsigned minute = 0;   ///< Of the day.
};

struct RestartFacts {
  std::span<const Change> pending;
  std::span<const config::RestartWindow> windows;
  LocalTime now;
  Duration running_for{};                ///< Since the application's main process started.
  std::optional<Duration> since_attempt; ///< Since dynascale last tried to restart it.
  Bytes growth;                          ///< What it will hold in addition.
  Bytes floor;                           ///< What it holds at least now.
  Bytes allowed;                         ///< Its part of the guest.
  std::optional<Bytes> available;        ///< In the guest now; unknown is not enough.
};

struct RestartVerdict {
  bool restart = false;
  std::string reason;  ///< Also why not.
};

/// Restarts only inside a configured window, at most once in each occurrence of it whoever did it, and only when the
/// values fit into the memory.
[[nodiscard]] RestartVerdict decide_restart(const RestartFacts& facts);

/// The systemd service at the end of a cgroup's path; nothing for a scope, a slice or a container.
[[nodiscard]] std::optional<std::string> service_of_cgroup(std::string_view cgroup);

}  // namespace dynascale::agent
