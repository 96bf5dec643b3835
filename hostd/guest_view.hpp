#pragma once
/// From what libvirt and the agent said to the facts and samples that decisions use. Pure. Everything that a guest
/// says is clamped here to what the hypervisor allows to be true.

#include <optional>

#include "core/model/sample.hpp"
#include "core/plan/facts.hpp"
#include "core/policy/guest_state.hpp"
#include "core/wire/messages.hpp"
#include "hostd/hypervisor.hpp"

namespace dynascale::hostd {

/// The agent's last report and when it came in.
struct ReportSeen {
  wire::Report report;
  Instant at;
  bool can_park = false;
};

/// One guest's statistics and when they were read.
struct StatsSeen {
  GuestStats stats;
  Instant at;
};

/// What a guest's vCPUs did between two readings, by the hypervisor's own account.
struct VcpuTimes {
  double busy = 0;               ///< In vCPUs: seconds of CPU time a second.
  std::optional<double> waited;  ///< The same for a host core; absent when libvirt does not tell.
  std::size_t count = 0;
};
[[nodiscard]] std::optional<VcpuTimes> vcpu_times_of(const std::optional<StatsSeen>& before,
                                                     const std::optional<StatsSeen>& stats);

/// Reports older than this do not count: three missed ones and a little.
inline constexpr std::chrono::milliseconds report_lifetime{3500};

/// `read` is when libvirt last told the guest's size.
[[nodiscard]] plan::Facts facts_of(const GuestDescription& description, Instant read,
                                   const std::optional<ReportSeen>& report, Instant now);

[[nodiscard]] policy::Agent agent_of(const plan::Facts& facts);

/// The agent's report when it is fresh; libvirt's statistics for what it does not tell.
[[nodiscard]] Sample sample_of(const std::optional<StatsSeen>& before, const std::optional<StatsSeen>& stats,
                               const std::optional<ReportSeen>& report, VcpuCount vcpus, Instant now);

/// Whether an urgent call for vCPUs is borne out by the guest's own figures. A pressure trigger fires within 500 ms,
/// also when a handful of tasks wake up together on an idle guest, as they do in every re-tuning; need shows as busy
/// time too: at least this share of the online vCPUs since the last report.
inline constexpr double urgent_busy_share = 0.6;
[[nodiscard]] bool bears_out_urgency(const Sample& sample);

/// Growth goes alone: a target that grows one resource and shrinks the other loses its shrinking half, which is
/// decided again when the growth is done. A guest in need must not wait for memory to be given back.
[[nodiscard]] Size growth_first(const Size& current, const Size& target);

}  // namespace dynascale::hostd
