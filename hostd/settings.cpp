#include "hostd/settings.hpp"

#include <fmt/format.h>

#include "hostd/libvirt/policy_metadata.hpp"

namespace dynascale::hostd {
namespace {

config::PolicyText text_of(const RawGuestPolicy& raw) {
  config::PolicyText text;
  text.mode = raw.mode;
  text.guest_class = raw.guest_class;
  text.rules = raw.rules;
  text.shares = raw.shares;
  text.limits = {raw.vcpus_min, raw.vcpus_max, raw.memory_min, raw.memory_max};
  for (const auto& setting : raw.settings) text.settings.push_back({setting.section, setting.key, setting.value});
  return text;
}

Bytes memory_maximum(const GuestDescription& guest) {
  Bytes most = guest.memory_boot;
  for (const auto& device : guest.virtio_mem) most = saturating_add(most, device.size);
  return most;
}

/// The host may make every guest more careful, never less.
policy::Mode more_careful(policy::Mode host, policy::Mode guest) { return std::max(host, guest); }
static_assert(policy::Mode::automatic < policy::Mode::advise && policy::Mode::advise < policy::Mode::off);

}  // namespace

Result<GuestSettings> settings_of(const config::HostConfig& config, const GuestDescription& guest) {
  const auto source = fmt::format("metadata of {}", guest.name);
  const auto parsed = parse_policy(guest.policy_xml);
  const auto chosen = config::overlay(config.policy_of(guest.name), text_of(parsed.policy), source);
  std::string wrong;
  if (!parsed.errors.empty()) wrong = fmt::format("{}: {}", source, fmt::join(parsed.errors, "; "));
  if (!chosen.ok()) wrong += (wrong.empty() ? "" : "\n") + config::to_string(chosen.problems);
  if (!wrong.empty()) return fail(Errc::invalid_argument, wrong);
  GuestSettings settings;
  settings.policy = chosen.value.policy;
  settings.policy.mode = more_careful(config.mode, settings.policy.mode);
  settings.resize = chosen.value.resize;
  settings.shares = chosen.value.shares;
  settings.limits =
      config::limits_within(chosen.value.limits, {guest.vcpus_maximum, guest.memory_boot, memory_maximum(guest)});
  return settings;
}

}  // namespace dynascale::hostd
