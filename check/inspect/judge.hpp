#pragma once
/// What the kernel shows of a running application against the readiness questions. Pure: facts in, verdicts
/// out.

#include <optional>
#include <string>
#include <vector>

#include "check/engine/evidence.hpp"
#include "check/inspect/instance.hpp"
#include "probes/cgroup.hpp"
#include "probes/live_process.hpp"

namespace dynascale::check {

/// One process of the application. `masks` are those of its threads; empty when they could not be read.
struct LiveMember {
  std::int32_t pid = 0;
  std::string status_text;  ///< /proc/PID/status as it was read.
  LiveStatus status;
  std::vector<std::vector<VcpuIndex>> masks;
};

struct LiveMachine {
  std::vector<VcpuIndex> online;
  std::vector<VcpuIndex> possible;  ///< Those that may still come included; empty when not told.
  std::optional<CpuAges> ages;
  long ticks_per_second = 100;
};

struct LiveFacts {
  LiveInstance instance;
  std::vector<LiveMember> members;  ///< The main process first.
  std::optional<std::vector<VcpuIndex>> cgroup_cpus;
  std::optional<Bytes> memory_limit;  ///< The tightest memory.max on the cgroup's way up.
  std::optional<Bytes> resident;      ///< Of all members, shared pages counted once where the kernel tells.
  Bytes transparent_huge_pages;       ///< Part of it; what was not told counts as none.
  std::string environment;  ///< What carries options for its runtime (JAVA_TOOL_OPTIONS, …), joined.
};

[[nodiscard]] std::vector<Verdict> judge_live(const LiveFacts& facts, const LiveMachine& machine,
                                              const Envelope& envelope);

}  // namespace dynascale::check
