#pragma once
/// Which settings to reserve when an application starts, so that it can follow the machine up to the
/// envelope's maximum without a restart.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "check/inspect/instance.hpp"
#include "check/model/finding.hpp"

namespace dynascale::check {

struct FoundComponent {
  std::string name;   ///< "postgresql", one of headroom_components().
  std::string where;  ///< The file or process by which it was found.
  auto operator<=>(const FoundComponent&) const = default;
};

struct Reserve {
  FoundComponent component;
  std::string file;     ///< Where the snippet belongs.
  std::string snippet;  ///< Ready to paste; comments alone when there is nothing to reserve.
  std::string then;     ///< What moves it afterwards.
  std::string adapter;  ///< The agent's adapter that will, or "none yet".
};

[[nodiscard]] std::vector<std::string_view> headroom_components();

/// Pure. One answer a component, in the order given. `adapters` are the names of those that the agent has.
/// A component without a recipe gives no answer.
[[nodiscard]] std::vector<Reserve> reserve_for(std::span<const FoundComponent> components,
                                               const Envelope& envelope,
                                               std::span<const std::string_view> adapters);

/// By their configuration files, start commands and manifests; each component once, at its first place.
[[nodiscard]] std::vector<FoundComponent> find_components(const std::vector<std::string>& paths);
/// By their processes. Pure.
[[nodiscard]] std::vector<FoundComponent> components_of(std::span<const LiveInstance> instances);

[[nodiscard]] std::string headroom_as_text(std::span<const Reserve> reserves, const Envelope& envelope);
/// Schema 1; see docs/check.md.
[[nodiscard]] std::string headroom_as_json(std::span<const Reserve> reserves, const Envelope& envelope);

}  // namespace dynascale::check
