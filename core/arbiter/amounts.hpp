#pragma once
/// Amounts of both resources in one value, in plain units: vCPUs and bytes. Sums over a whole host do not fit into
/// a guest's types.

#include <algorithm>
#include <array>
#include <cstdint>

#include "core/model/limits.hpp"
#include "core/policy/decision.hpp"

namespace dynascale::arbiter {

using policy::Resource;
using Amount = std::uint64_t;

inline constexpr std::array both_resources{Resource::vcpus, Resource::memory};

struct Amounts {
  Amount vcpus = 0;
  Amount memory = 0;  ///< Bytes.

  [[nodiscard]] static constexpr Amounts of(const Size& size) { return {size.vcpus.value, size.memory.count()}; }
  /// A count of vCPUs above what a guest can have saturates.
  [[nodiscard]] constexpr Size size() const {
    return {VcpuCount{static_cast<std::uint16_t>(std::min<Amount>(vcpus, 0xFFFF))}, Bytes::of(memory)};
  }
  [[nodiscard]] constexpr Amount& operator[](Resource resource) {
    return resource == Resource::vcpus ? vcpus : memory;
  }
  [[nodiscard]] constexpr const Amount& operator[](Resource resource) const {
    return resource == Resource::vcpus ? vcpus : memory;
  }
  constexpr bool operator==(const Amounts&) const = default;
};

[[nodiscard]] constexpr Amounts larger(const Amounts& a, const Amounts& b) {
  return {std::max(a.vcpus, b.vcpus), std::max(a.memory, b.memory)};
}
[[nodiscard]] constexpr Amount less_by(Amount from, Amount by) { return from > by ? from - by : 0; }

static_assert(larger({1, 9}, {2, 3}) == Amounts{2, 9});

}  // namespace dynascale::arbiter
