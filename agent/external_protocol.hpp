#pragma once
/// What the agent and an adapter in a program of its own say to each other: one JSON object in, one out, a call.
/// docs/writing-an-adapter.md describes it for people. Pure.

#include <string>
#include <string_view>

#include "core/model/application.hpp"
#include "core/model/metric.hpp"
#include "core/model/result.hpp"

namespace dynascale::agent {

inline constexpr std::size_t max_external_settings = 32;

/// What the program says about itself, once.
struct ExternalInfo {
  std::string title;
  std::string executable;  ///< Of the applications that it knows: path, or its last part.
  std::string argument;    ///< A word of their command line; empty: none.
  bool live_cpu = false;
  bool live_memory = false;
  bool reports_need = false;
  bool metrics = false;  ///< Answers `metrics`.
  Duration metrics_every = std::chrono::seconds{10};
};

[[nodiscard]] std::string info_call();
[[nodiscard]] std::string read_call(const Instance& instance);
[[nodiscard]] std::string metrics_call(const Instance& instance);
[[nodiscard]] std::string apply_call(const Instance& instance, const Change& change, Duration deadline);

/// Errors: `corrupt` (the text names the key), `limit_exceeded`; the program's own error as it named it.
[[nodiscard]] Result<ExternalInfo> parse_info(std::string_view answer);
/// The formulas that came with the settings stand in `usage`, for `plan_external`.
[[nodiscard]] Result<Settings> parse_settings(std::string_view answer);
[[nodiscard]] Result<Figures> parse_metrics(std::string_view answer);
[[nodiscard]] Result<std::int64_t> parse_achieved(std::string_view answer);

[[nodiscard]] ApplicationPlan plan_external(const Settings& settings, const Resources& resources);

}  // namespace dynascale::agent
