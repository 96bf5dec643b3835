#pragma once
/// A host full of simulated guests around the real arbiter. Deterministic for a seed.

#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "core/arbiter/arbiter.hpp"
#include "sim_guest.hpp"

namespace dynascale::sim {

class SimHost {
 public:
  SimHost(arbiter::ArbiterConfig config, arbiter::HostCapacity capacity, std::uint64_t seed);

  /// `setup` without name and host.
  SimGuest& add(Setup setup);
  void run(Duration span);

  [[nodiscard]] const std::vector<std::unique_ptr<SimGuest>>& guests() const { return guests_; }
  [[nodiscard]] const arbiter::Arbiter& arbiter() const { return arbiter_; }
  /// Promises that did not hold; empty when all is well.
  [[nodiscard]] const std::vector<std::string>& broken() const { return broken_; }
  /// The longest that a guest lacked more than a quarter of what it was entitled to and wanted, in one stretch.
  [[nodiscard]] Duration longest_lack() const { return longest_lack_; }
  [[nodiscard]] Duration time_in_turns() const { return in_turns_; }
  /// Figures of the host from now on.
  void set_load(std::function<arbiter::HostLoad(Instant)> load) { load_ = std::move(load); }

 private:
  void turn();
  void watch();
  void breaks(std::string what);

  arbiter::Arbiter arbiter_;
  std::mt19937_64 random_;
  std::vector<std::unique_ptr<SimGuest>> guests_;
  std::function<arbiter::HostLoad(Instant)> load_;
  std::vector<std::string> broken_;
  std::set<std::string> over_;  ///< Guests that had more than was committed to them at the last look.
  std::map<std::string, Instant> lacking_since_;
  arbiter::Amounts highest_;  ///< Committed a second ago.
  Duration longest_lack_{};
  Duration in_turns_{};
  Instant now_;
};

}  // namespace dynascale::sim
