#pragma once
/// How a host is divided among its guests. Plain values with working defaults; core/config fills them.

#include "core/model/units.hpp"

namespace dynascale::arbiter {

struct ArbiterConfig {
  unsigned reserve_cpus = 1;  ///< Of the host, never given to guests.
  Bytes reserve_memory = Bytes::gib(1);
  Bytes guest_overhead = Bytes::mib(64);  ///< Of the host's memory for each guest: QEMU itself, page tables.
  double vcpus_per_cpu = 4;               ///< How many vCPUs may be in use for each CPU; Neon's limit is 4 too.
  Ratio memory_share = Ratio::percent(100);  ///< Of what is left of the memory; below 100 % keeps more back.
  Ratio idle_tax = Ratio::percent(75);  ///< Of what a guest has and does not use; VMware's default rate is 75 % too.

  unsigned max_in_flight = 16;                      ///< Guests that may change at the same time,
  Ratio max_in_flight_share = Ratio::percent(25);   ///< and how much of the capacity; one guest always may.

  Duration permit_lifetime = std::chrono::seconds{10};  ///< Of a permit that nobody uses.
  Duration flight_lifetime = std::chrono::minutes{10};  ///< Of one that is used; no resize takes that long.
  Duration wish_lifetime = std::chrono::seconds{5};     ///< Of a wish that is not repeated.
  Duration patience = std::chrono::seconds{30};  ///< After which a waiting guest counts as urgent.
  Duration refusal_hold = std::chrono::minutes{5};  ///< For which a guest that refused is taxed in full, served last.
  Duration credit_hold = std::chrono::minutes{10};  ///< For which a guest that gave is served before others.
  Bytes memory_step = Bytes::mib(32);               ///< Less than this is neither granted nor taken.
  Ratio dead_band = Ratio::percent(5);  ///< Of a donor's memory; less is not taken from it,
  Duration taken_pause = std::chrono::seconds{10};  ///< nor again so soon.
  Ratio most_taken = Ratio::percent(25);            ///< Of a donor's memory, at once.

  // When the host itself is the bottleneck. Shares of `reserve_memory` still available on the host:
  Ratio tight_below = Ratio::percent(50);
  Ratio short_below = Ratio::percent(25);
  Ratio critical_below = Ratio::percent(10);
  Ratio memory_stall_tight = Ratio::percent(10);     ///< Memory PSI some avg10 of the host,
  Ratio memory_stall_short = Ratio::percent(20);
  Ratio memory_stall_critical = Ratio::percent(10);  ///< and full avg10.
  Ratio cpu_stall = Ratio::percent(60);   ///< CPU PSI some avg10 of the host above which no vCPU is added.
  Ratio vcpu_delay = Ratio::percent(20);  ///< Mean share of time in which busy vCPUs wait for a core: the same.
  Duration calm_after = std::chrono::seconds{30};   ///< A level is left after so long below it.
  Duration stale_after = std::chrono::seconds{15};  ///< Older figures of the host mean hold.

  Duration scale_out_after = std::chrono::seconds{60};  ///< For which a need stays unmet until it is announced,
  Duration scale_out_clear = std::chrono::seconds{30};  ///< and met until the announcement is cleared.
  bool operator==(const ArbiterConfig&) const = default;
};

}  // namespace dynascale::arbiter
