#pragma once
/// Changes to a guest's policy element by keys, as `dynascalectl policy set` names them: "mode", "class", "shares",
/// "rules", "vcpus.min", "memory.max", or a rule's parameter as "pressure.target_percent". Pure.

#include <map>
#include <string>
#include <vector>

namespace dynascale::hostd {

/// An empty value takes the key out, so that the host's default holds.
using PolicyChanges = std::map<std::string, std::string>;
inline constexpr std::size_t max_policy_changes = 128;

struct EditedPolicy {
  std::string xml;                  ///< Empty when nothing is left in it.
  std::vector<std::string> errors;  ///< All of the changes'; whether the result is a good policy is not looked at.
};

/// `xml` is the present element; one that cannot be read is an error.
[[nodiscard]] EditedPolicy edit_policy(const std::string& xml, const PolicyChanges& changes);

}  // namespace dynascale::hostd
