#pragma once
/// qemu-guest-agent in the place of our agent, where that is absent: what it said last of the guest's vCPUs, when it is
/// asked again, and why it cannot be used. It gives no load, no consent and no word on memory. Pure, time a parameter.

#include <chrono>
#include <optional>
#include <string>

#include "core/model/result.hpp"
#include "core/plan/facts.hpp"
#include "hostd/hypervisor.hpp"

namespace dynascale::hostd {

class StandIn {
 public:
  /// Others may change vCPUs in the guest too. An answer counts for three of these.
  static constexpr std::chrono::seconds interval{30};
  /// One that does not answer keeps a thread for some seconds each time; each failure doubles the interval up to this.
  static constexpr std::chrono::minutes longest_interval{8};

  void take(const Result<GuestVcpus>& answer, Instant now);
  /// The guest began anew, or our agent is there: nothing that was said holds any more.
  void forget() { *this = StandIn{}; }
  [[nodiscard]] bool due(Instant now) const { return !next_ || now >= *next_; }
  /// Never more vCPUs than are plugged. Nothing while the last answer is missing, too old or cannot be true.
  [[nodiscard]] std::optional<plan::StandInFacts> facts(VcpuCount plugged, Instant now) const;
  /// Why it is of no use now; empty when it is.
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  std::optional<GuestVcpus> said_;
  Instant said_at_;
  std::optional<Instant> next_;
  unsigned failures_ = 0;
  std::string problem_;
};

}  // namespace dynascale::hostd
