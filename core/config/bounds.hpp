#pragma once
/// Bounds that many keys share.

#include "core/config/scalar.hpp"
#include "core/model/units.hpp"

namespace dynascale::config {

namespace bounds {
using namespace std::chrono_literals;
inline constexpr Between<double> percent{0, 100};
inline constexpr Between<double> target{5, 100};
inline constexpr Between<double> rate{0, 1e9};
inline constexpr Between<double> weight{0.001, 1000};
inline constexpr Between<unsigned> vcpus{1, 4096};
inline constexpr Between<Bytes> memory{Bytes::mib(1), Bytes::gib(1U << 20U)};
inline constexpr Between<Bytes> any_memory{Bytes{}, Bytes::gib(1U << 20U)};
inline constexpr Between<Duration> tick{100ms, 1h};
inline constexpr Between<Duration> pause{0s, 168h};
inline constexpr Between<Duration> deadline{1s, 1h};
}  // namespace bounds

}  // namespace dynascale::config
