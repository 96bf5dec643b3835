#pragma once
/// What the `exec` and `signal` adapters share: finding an application that agent.toml describes, and its size. Pure.

#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/config/custom_application.hpp"
#include "core/model/application.hpp"
#include "core/model/metric.hpp"
#include "core/model/result.hpp"

namespace dynascale {

/// By the name of its table in agent.toml.
using CustomApplications = std::map<std::string, config::ApplicationSettings>;

/// Those of one kind.
[[nodiscard]] CustomApplications of_kind(const CustomApplications& all, config::CustomKind kind);

/// Every matching process whose parent does not match, with its children. Ids are "ADAPTER:NAME", and "ADAPTER:NAME#2"
/// and so on for further ones in the order of their start.
[[nodiscard]] std::vector<Instance> detect_custom(std::string_view adapter, const CustomApplications& applications,
                                                  std::span<const ProcessInfo> processes);

/// The table that an instance was found by; null when there is none.
[[nodiscard]] const config::ApplicationSettings* settings_of(const CustomApplications& applications,
                                                             const Instance& instance);

inline constexpr std::string_view custom_workers = "workers";
inline constexpr std::string_view custom_memory = "memory_bytes";

/// Keys of Settings::usage that `plan_custom` reads where they are known, beside usage_worker_memory: the least that
/// the application cannot do without, what it needs beside its workers, and what a cache holds.
inline constexpr auto usage_floor = "memory_floor_bytes";
inline constexpr auto usage_need = "memory_need_bytes";
inline constexpr auto usage_use = "memory_use_bytes";
/// What a `usage` command printed, lines of a name and a number of bytes, put into `settings`. The names are those keys
/// and "worker_bytes". Errors: `corrupt` with the line.
[[nodiscard]] Status add_usage(Settings& settings, std::string_view output);

/// What a `metrics` command printed: lines of a name and a number. Errors: `corrupt` with the line, `limit_exceeded`.
[[nodiscard]] Result<Figures> parse_figures(std::string_view output);
/// Figures of one answer.
inline constexpr std::size_t max_figures = 32;

/// `value` as what `settings` say that it is, with the formula's numbers for `plan_custom`.
[[nodiscard]] Settings custom_settings(const config::ApplicationSettings& settings, std::int64_t value);
[[nodiscard]] ApplicationPlan plan_custom(const Settings& settings, const Resources& resources);

}  // namespace dynascale
