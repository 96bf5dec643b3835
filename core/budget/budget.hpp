#pragma once
/// Divides one guest among its applications. Pure: equal inputs give equal answers.
///
/// Each tuner of a single application (pgtune, MySQLTuner, innodb_dedicated_server) assumes that it owns the
/// machine; two of them together promise more than there is. Here the sum of all shares never exceeds what is
/// left after the system's reserve, and a shrink takes first from those that do not need what they have.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/model/units.hpp"

namespace dynascale::budget {

/// What one instance may get, and what it says.
struct Claim {
  std::string id = {};
  double weight = 1;  ///< When they compete; not positive counts as nothing.
  VcpuCount vcpus_min{1};
  VcpuCount vcpus_max{65535};
  Bytes memory_min = {};  ///< Promised to it.
  Bytes memory_max = Bytes::max();
  std::optional<Bytes> memory_need = {};  ///< With less it does less work; unknown counts as its minimum.
  std::optional<Bytes> memory_use = {};   ///< With less its caches lose what they hold; unknown counts as its need.
  std::optional<Bytes> memory_now = {};   ///< Its share until now, for the dead band.
};

struct Machine {
  VcpuCount vcpus{1};
  Bytes usable = {};        ///< What the host allows the guest; never MemTotal, which a balloon may not move.
  Bytes static_use = {};    ///< Of processes that are no instance (the sum of their Pss).
  double page_cache = 0.1;  ///< Share of `usable` that is left to the page cache.
  Ratio dead_band = Ratio::percent(10);  ///< A share that would move by less stays, where that fits.
};

struct Share {
  std::string id = {};
  VcpuCount vcpus;
  Bytes memory;
  bool operator==(const Share&) const = default;
};

struct Budget {
  std::vector<Share> shares;  ///< In the order of the claims.
  Bytes memory;               ///< What was there to divide.
  bool fits = true;           ///< False when not even the minima fit.
};

/// The kernel and the system's own services: 256 MiB or a twentieth, whichever is more.
[[nodiscard]] Bytes system_reserve(Bytes usable);

/// Memory: minima first, then up to each one's need, then to its use, then to its maximum, so that a shrink takes in
/// the opposite order: room that nobody fills, then caches, then work. Within each of these all are raised to one
/// level a weight (weighted max-min fairness): who asks for little has it, who asks for most is cut first, and more
/// memory leaves nobody with less. A share that would move within the dead band stays as it is where that fits and
/// covers the need. vCPUs: by weight between minimum and maximum. Everybody has at least one, because threads share a
/// CPU in time; beyond that the sum never exceeds the machine.
[[nodiscard]] Budget divide(const Machine& machine, std::span<const Claim> claims);

}  // namespace dynascale::budget
