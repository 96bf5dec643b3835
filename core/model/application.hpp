#pragma once
/// An application inside a guest, its settings, and changes to them. Shared by adapters, the budget and the
/// wire.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/model/process.hpp"
#include "core/model/units.hpp"

namespace dynascale {

/// One running application that an adapter found.
struct Instance {
  std::string adapter;  ///< Name of the adapter: "gunicorn", "postgresql", "mariadb".
  std::string id;       ///< Stable over restarts and unique in the guest, as "postgresql:15/main:5432".
  std::int32_t main_pid = 0;
  std::uint64_t start_ticks = 0;  ///< Of the main process.
  std::uint32_t uid = 0;          ///< Of the main process.
  std::uint32_t gid = 0;
  std::vector<ProcessInfo> processes;        ///< Main process and its descendants.
  std::map<std::string, std::string> facts;  ///< Adapter's own findings: socket, data_directory, config file.
  bool operator==(const Instance&) const = default;
};

enum class SettingUnit { count, bytes, milliseconds };
/// When a new value of a setting takes effect.
enum class TakesEffect { live, reload, restart };

struct Setting {
  std::string name;  ///< The application's own name for it: "work_mem", "workers".
  std::int64_t value = 0;
  SettingUnit unit = SettingUnit::count;
  TakesEffect takes_effect = TakesEffect::live;
  std::string source =
      {};  ///< Who set it, in the application's words: "default", "command line", "ALTER SYSTEM".
  bool operator==(const Setting&) const = default;
};

/// What becomes of a value that somebody else has set over the agent's.
enum class DriftRule { respect, take_over };

/// What an adapter read, all that its pure `plan` needs.
struct Settings {
  std::vector<Setting> values;
  std::map<std::string, std::int64_t> usage;  ///< Measured, bytes or counts: "worker_private_dirty_bytes".
  std::vector<std::string> notes;             ///< Degradations to show: "reload needs …".
  std::optional<Bytes> memory_max = {};       ///< More than this it cannot use; absent: all that it may get.

  [[nodiscard]] const Setting* find(const std::string& name) const {
    for (const auto& setting : values)
      if (setting.name == name) return &setting;
    return nullptr;
  }
  bool operator==(const Settings&) const = default;
};

/// An instance's part of the guest.
struct Resources {
  VcpuCount vcpus = {};
  Bytes memory = {};
  Bytes memory_floor = {};  ///< The least that the guest may ever have (boot-time settings are sized for it).
  Bytes memory_ceiling = {};  ///< The most that the guest may ever have.
  bool operator==(const Resources&) const = default;
};

struct Change {
  std::string setting;
  std::int64_t from = 0;
  std::int64_t to = 0;
  SettingUnit unit = SettingUnit::count;
  TakesEffect takes_effect = TakesEffect::live;
  [[nodiscard]] bool shrinks() const { return to < from; }
  [[nodiscard]] Change reversed() const {
    auto back = *this;
    back.from = to;
    back.to = from;
    return back;
  }
  bool operator==(const Change&) const = default;
};

/// What `plan` wants: changes to make now, in order, and those that wait for a restart.
struct ApplicationPlan {
  std::vector<Change> now;
  std::vector<Change> pending_restart;
  std::vector<std::string> notes;
  Bytes memory_floor;  ///< Below this the instance cannot be shrunk.
  /// Of workers: what all that these vCPUs can use would take; more would lie idle. Of the vCPUs alone, never of the
  /// instance's present share.
  std::optional<Bytes> memory_need = {};
  /// Of caches: the share at which they keep what they hold.
  std::optional<Bytes> memory_use = {};
  /// More than this it cannot use before its next start; absent: all that it may get.
  std::optional<Bytes> memory_most = {};
  bool operator==(const ApplicationPlan&) const = default;
};

/// How one change ended: `achieved` was read back from the application, never assumed.
struct ChangeOutcome {
  Change change;
  std::int64_t achieved = 0;
  [[nodiscard]] bool complete() const { return achieved == change.to; }
  bool operator==(const ChangeOutcome&) const = default;
};

}  // namespace dynascale
