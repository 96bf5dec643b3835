#pragma once
/// An application as the agent saw it, and what became of it.

#include <optional>
#include <string>
#include <vector>

#include "core/model/application.hpp"
#include "core/model/limits.hpp"
#include "core/model/result.hpp"

namespace dynascale::agent {

/// An application as last seen.
struct Application {
  Instance instance;
  SizeLimits limits;  ///< Of its own cgroup.
  Settings settings;
  std::optional<Error> unreadable;
  Resources resources;
  ApplicationPlan plan;
  bool keeps_values = false;  ///< Capabilities::keeps_values of its adapter.
  bool recalled = false;      ///< Planned on settings of an earlier survey.
};

enum class RetuneResult { unchanged, verified, partial, reverted, failed };
[[nodiscard]] std::string_view to_string(RetuneResult result);

/// What became of one application.
struct Retuning {
  Instance instance;
  std::vector<ChangeOutcome> outcomes;  ///< In the order in which they were made.
  RetuneResult result = RetuneResult::unchanged;
  std::string error;
  Bytes memory_floor;
  Duration duration{};
};

}  // namespace dynascale::agent
