#pragma once
/// The range in which a guest may be sized. Set by the host's operator; a guest can never widen it.

#include <algorithm>
#include <optional>
#include <string>

#include "core/model/units.hpp"

namespace dynascale {

struct Limits {
  VcpuCount vcpus_min{1};
  VcpuCount vcpus_max{1};
  Bytes memory_min;
  Bytes memory_max;

  [[nodiscard]] VcpuCount clamp(VcpuCount want) const { return std::clamp(want, vcpus_min, vcpus_max); }
  [[nodiscard]] Bytes clamp(Bytes want) const { return std::clamp(want, memory_min, memory_max); }
  bool operator==(const Limits&) const = default;
};

/// A guest's size: what it may use now, or what it should get.
struct Size {
  VcpuCount vcpus;
  Bytes memory;
  bool operator==(const Size&) const = default;
};

/// What something smaller than the machine allows: a cgroup's limits. Nothing where it sets none.
struct SizeLimits {
  std::optional<VcpuCount> vcpus = {};
  std::optional<Bytes> memory = {};
  std::string memory_holder = {};  ///< Who sets the memory's; those with the same one share it.
  bool operator==(const SizeLimits&) const = default;
};

[[nodiscard]] inline Size within(Size size, const SizeLimits& limits) {
  if (limits.vcpus) size.vcpus = std::min(size.vcpus, *limits.vcpus);
  if (limits.memory) size.memory = std::min(size.memory, *limits.memory);
  return size;
}

}  // namespace dynascale
