#pragma once
/// The policy that a guest carries in its libvirt metadata, as written; docs/policy.md shows it. This reads
/// the form (elements, numbers, units); core/config gives it meaning, with the same table of keys as
/// hostd.toml. Pure.
///
///   <policy xmlns="urn:dynascale:policy:1" mode="auto" class="stateful" shares="200" rules="pressure">
///     <vcpus min="1" max="8"/>
///     <memory min="512" max="8192" unit="MiB"/>
///     <pressure target_percent="70"/>
///     <metric name="queue_length" target="100"/>
///     <schedule name="workdays" start="0 8 * * Mon-Fri" end="0 18 * * Mon-Fri" zone="Europe/Berlin" vcpus_min="4"/>
///   </policy>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/units.hpp"

namespace dynascale::hostd {

inline constexpr std::size_t max_policy_xml = 64 * 1024;
inline constexpr std::size_t max_policy_settings = 128;

/// One parameter of a rule or of the guard: `<pressure target_percent="70"/>` is {"pressure",
/// "target_percent", "70"}.
struct PolicySetting {
  std::string section;
  std::string key;
  std::string value;
  bool operator==(const PolicySetting&) const = default;
};

/// Absent means: as the host's defaults say.
struct RawGuestPolicy {
  std::optional<std::string> mode;         ///< "auto", "advise" or "off".
  std::optional<std::string> guest_class;  ///< "stateless" or "stateful".
  std::optional<std::uint64_t> shares;
  std::vector<std::string> rules;  ///< In the order written; empty: the host's.
  std::optional<VcpuCount> vcpus_min;
  std::optional<VcpuCount> vcpus_max;
  std::optional<Bytes> memory_min;
  std::optional<Bytes> memory_max;
  std::vector<PolicySetting> settings;  ///< Not yet checked.
  bool operator==(const RawGuestPolicy&) const = default;
};

/// With any error the policy must not be used in part: keep the last good one, or the host's defaults.
struct ParsedGuestPolicy {
  RawGuestPolicy policy;
  std::vector<std::string> errors;  ///< All of them; each names the element and what was expected.
};

/// `xml` is the one element, as GuestDescription::policy_xml holds it. Empty gives an empty policy without
/// errors.
[[nodiscard]] ParsedGuestPolicy parse_policy(std::string_view xml);

/// The element without prefixes and declarations of namespaces, as virDomainSetMetadata wants it: it adds its
/// own, and fails when its prefix is there already. XML that cannot be read is returned as it is.
[[nodiscard]] std::string plain_policy(const std::string& xml);

}  // namespace dynascale::hostd
