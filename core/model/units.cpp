#include "core/model/units.hpp"

#include <array>

namespace dynascale {

std::string to_string(Bytes bytes) {
  constexpr std::array names{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  std::size_t unit = 0;
  auto value = static_cast<double>(bytes.count());
  while (value >= 1024 && unit + 1 < names.size()) {
    value /= 1024;
    ++unit;
  }
  const bool whole = value == static_cast<double>(static_cast<std::uint64_t>(value));
  return whole ? fmt::format("{} {}", static_cast<std::uint64_t>(value), names[unit])
               : fmt::format("{:.1f} {}", value, names[unit]);
}

}  // namespace dynascale
