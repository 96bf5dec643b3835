#pragma once
/// A plan for people and for programs. Pure.

#include <string>
#include <vector>

#include "agent/retuner.hpp"

namespace dynascale::agent {

struct PlanView {
  GuestShare share;      ///< What was planned for.
  Size measured;         ///< What the kernel shows now.
  SizeLimits limits;     ///< Of the container, when there is one.
  std::vector<Application> applications;
};

enum class PlanLines { all, changes_only };

/// One line a setting: what runs now, what is planned, and when it takes effect.
[[nodiscard]] std::string plan_table(const PlanView& view, PlanLines lines);
/// The same as one JSON object; docs/agent.md lists its keys.
[[nodiscard]] std::string plan_json(const PlanView& view, PlanLines lines);

}  // namespace dynascale::agent
