#pragma once
/// When the host itself is the bottleneck: a ladder for its memory, and whether its CPUs have room. A value with a
/// memory of its own, so that a level is entered at once and left only after a while.

#include <optional>
#include <string>
#include <string_view>

#include "core/arbiter/config.hpp"
#include "core/model/sample.hpp"

namespace dynascale::arbiter {

/// The host's own figures; absent is unknown, never zero.
struct HostLoad {
  Instant taken_at;
  std::optional<Bytes> memory_available;    ///< MemAvailable.
  std::optional<Pressure> memory_pressure;  ///< /proc/pressure/memory.
  std::optional<Pressure> cpu_pressure;     ///< /proc/pressure/cpu.
  std::optional<Ratio> vcpu_delay;  ///< Of the time that vCPUs wanted to run, the share spent waiting for a core.
};

/// What each level means for guests' memory:
///   calm      everybody may grow;
///   tight     nobody grows above its entitlement, idle memory counts nothing in the division;
///   scarce    as before; only urgent guests and those below their minimum grow; idle memory is asked back;
///   critical  nobody grows, memory is asked back from everyone above its minimum, and operators are told.
enum class Level { calm, tight, scarce, critical };
[[nodiscard]] std::string_view to_string(Level level);

enum class Room { yes, no };

struct HostState {
  Level memory = Level::calm;
  std::string memory_why;  ///< The figure that decided; empty when calm.
  Room cpus = Room::yes;
  std::string cpus_why;
  Bytes memory_missing;  ///< To be calm again, as far as MemAvailable tells.
  /// The host's figures came before and now do not: nobody grows until they come again.
  bool stale = false;
  bool operator==(const HostState&) const = default;
};

class HostPressure {
 public:
  explicit HostPressure(ArbiterConfig config) : config_{config} {}

  /// `load` absent: nothing is known of this host (a remote one), and only the ledger bounds guests.
  const HostState& update(const std::optional<HostLoad>& load, Instant now);
  [[nodiscard]] const HostState& state() const { return state_; }

 private:
  struct Finding {
    Level level = Level::calm;
    std::string why;
  };
  [[nodiscard]] Finding memory_level(const HostLoad& load) const;
  void take_memory(const HostLoad& load, Instant now);
  void take_cpus(const HostLoad& load, Instant now);

  ArbiterConfig config_;
  HostState state_;
  Instant memory_bad_at_;  ///< When the present level was last borne out.
  Instant cpus_bad_at_;
};

}  // namespace dynascale::arbiter
