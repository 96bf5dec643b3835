#pragma once
/// What an operator allows for one guest: host's defaults, the host's words on this guest, the guest's own
/// metadata, each over the one before.

#include <optional>
#include <string>
#include <vector>

#include "core/config/problem.hpp"
#include "core/model/limits.hpp"
#include "core/plan/resize_machine.hpp"
#include "core/policy/policy_config.hpp"

namespace dynascale::config {

/// Absent: what the domain itself allows.
struct GuestLimits {
  std::optional<VcpuCount> vcpus_min;
  std::optional<VcpuCount> vcpus_max;
  std::optional<Bytes> memory_min;
  std::optional<Bytes> memory_max;
  bool operator==(const GuestLimits&) const = default;
};

struct GuestPolicy {
  policy::PolicyConfig policy;
  GuestLimits limits;
  plan::ResizeConfig resize;
  unsigned shares = 100;  ///< Weight when the host has not enough for all.
};

/// A policy as metadata words it; values are still text.
struct PolicyText {
  struct Setting {
    std::string section;  ///< "pressure", "threshold", "forecast", "schedule.NAME", "metric.NAME", "guard", "resize".
    std::string key;
    std::string value;
  };
  std::optional<std::string> mode;
  std::optional<std::string> guest_class;
  std::vector<std::string> rules;
  std::optional<std::uint64_t> shares;
  GuestLimits limits;
  std::vector<Setting> settings;
};

/// `text` over `base`. With any problem the value is `base` unchanged. `source` names the origin in problems.
[[nodiscard]] Checked<GuestPolicy> overlay(const GuestPolicy& base, const PolicyText& text,
                                           const std::string& source);

/// All of it as TOML, as [defaults] or [guest.NAME] would have it.
[[nodiscard]] std::string to_toml(const GuestPolicy& policy);

/// What a domain can do at most.
struct DomainBounds {
  VcpuCount vcpus_maximum;
  Bytes boot_memory;
  Bytes memory_maximum;  ///< Boot memory and all virtio-mem devices.
};

/// Limits within what the domain can do. Without a minimum of the operator's a guest keeps one vCPU and half
/// of its boot memory.
[[nodiscard]] Limits limits_within(const GuestLimits& limits, const DomainBounds& bounds);

}  // namespace dynascale::config
