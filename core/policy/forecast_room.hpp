#pragma once
/// Bounds the memory that the forecasts of all guests of a host take together: so many guests may keep forecasts at
/// the same time, first come, first served. One thread; outlives its seats.

#include <cstddef>
#include <memory>

#include "core/model/units.hpp"

namespace dynascale::policy {

/// Of one guest at most: 128 KiB for its vCPUs and as much for its memory.
inline constexpr Bytes forecasts_of_one_guest = Bytes::kib(256);

class ForecastRoom {
  struct Leave {
    void operator()(ForecastRoom* room) const { ++room->free_; }
  };

 public:
  using Seat = std::unique_ptr<ForecastRoom, Leave>;  ///< Given back by its end.

  explicit ForecastRoom(Bytes memory) : free_{memory.count() / forecasts_of_one_guest.count()} {}
  /// Empty where every seat is taken.
  [[nodiscard]] Seat take() {
    if (free_ == 0) return {};
    --free_;
    return Seat{this};
  }

 private:
  std::size_t free_;
};

}  // namespace dynascale::policy
