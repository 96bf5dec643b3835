#pragma once
/// A live process's command line and environment as evidence for the rules. Secrets stay out: of the
/// environment only variables that a rule knows or that carry a runtime's options, and of those only words
/// that are options.

#include <string>
#include <string_view>

#include "check/config/setting.hpp"
#include "check/engine/evidence.hpp"
#include "check/inspect/instance.hpp"

namespace dynascale::check {

/// One argument a line, so that a finding quotes an argument and not its neighbours.
struct OptionText {
  std::string text;
  ConfigText config;
};

[[nodiscard]] OptionText command_line_text(const LiveInstance& instance);
/// From /proc/PID/environ.
[[nodiscard]] OptionText environment_text(std::string_view environ, const Matchers& matchers);

}  // namespace dynascale::check
