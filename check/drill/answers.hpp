#pragma once
/// What a machine of another size would answer. Pure; the answers agree with each other.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "check/trace/resource_file.hpp"

struct sysinfo;

namespace dynascale::check {

/// The machine that the drilled program is made to see.
struct Machine {
  std::uint32_t cpus = 1;           ///< Online and present: 0 to cpus - 1.
  std::uint32_t possible_cpus = 1;  ///< As many as could be plugged.
  std::uint64_t memory_bytes = 0;
  bool operator==(const Machine&) const = default;
};

/// The text of `file` (named `path`) as this machine would show it, made from the text that the real one
/// shows. Nothing when the real text holds on every machine: topology, a cgroup without limit.
[[nodiscard]] std::optional<std::string> fabricate(ResourceFile file, std::string_view path,
                                                   std::string_view real, const Machine& machine);

/// What sched_getaffinity() fills in: the online CPUs, or those of `pinned` that are online; when none of
/// them is, all, as the kernel resets it. Nothing (EINVAL) when `size` bytes cannot hold every possible CPU.
[[nodiscard]] std::optional<std::string> affinity_mask(const Machine& machine, std::uint64_t size,
                                                       const std::string* pinned);

/// Whether a mask for sched_setaffinity() names an online CPU; without one the kernel refuses it.
[[nodiscard]] bool names_online_cpu(const Machine& machine, std::string_view mask);

/// Memory scaled to the machine's, swap as it is.
void scale(struct sysinfo& info, const Machine& machine);

}  // namespace dynascale::check
