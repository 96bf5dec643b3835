#pragma once
/// What a policy wants and why. Reasons are data: `explain` prints them, tests and history compare them.

#include <optional>
#include <string>
#include <vector>

#include "core/model/limits.hpp"
#include "core/model/sample.hpp"
#include "core/model/units.hpp"

namespace dynascale::policy {

enum class Resource { vcpus, memory };

/// One step in an argument: "pressure: busy 1.9 of 2 vCPUs is above the target of 75 %".
struct Reason {
  std::string rule;                ///< Stable key: "pressure.busy", "guard.cooldown", "sample.stale".
  std::string text;                ///< For people, with figures and units.
  std::optional<double> observed;  ///< In the unit of `text`.
  std::optional<double> threshold;
  bool operator==(const Reason&) const = default;
};

/// Whether it only tells why a rule has no say, or whence it knows what it knows: "forecast.waiting".
[[nodiscard]] bool is_aside(const Reason& reason);

/// A policy's opinion on one guest, before the guard. An absent size means "no opinion: hold".
struct Opinion {
  std::optional<VcpuCount> vcpus;
  std::optional<Bytes> memory;
  std::vector<Reason> reasons;
  bool operator==(const Opinion&) const = default;
};

/// After the guard: the size to have. Equal to the current size when nothing is to be done.
struct Decision {
  Size target;
  std::vector<Reason> reasons;
  bool operator==(const Decision&) const = default;
};

/// What led to it, for one line of a log or a timeline: the reasons without asides, or all where there is nothing else.
[[nodiscard]] std::string summary(const Decision& decision);

}  // namespace dynascale::policy
