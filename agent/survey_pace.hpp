#pragma once
/// When all applications are read again although nothing is known to have changed. A survey asks every one of them
/// (connections to databases, smaps of workers); at rest that must be rare. Pure.

#include <algorithm>

#include "core/model/units.hpp"

namespace dynascale::agent {

struct SurveyPace {
  Duration soonest = std::chrono::seconds{15};  ///< After one that left something to do; doubles each time.
  Duration latest = std::chrono::minutes{5};    ///< Drift that nobody announces is found within this time.

  /// `settled`: every application could be read, and what was planned for it holds.
  void surveyed(Instant now, bool settled) {
    last_ = now;
    wait_ = settled ? latest : retry_;
    retry_ = settled ? soonest : std::min(latest, retry_ * 2);
  }
  /// The next survey comes soon again if it leaves something to do.
  void applications_changed() {
    wait_ = Duration{};
    retry_ = soonest;
  }
  [[nodiscard]] bool due(Instant now) const { return now - last_ >= wait_; }

 private:
  Instant last_{};
  Duration wait_{};
  Duration retry_ = soonest;
};

}  // namespace dynascale::agent
