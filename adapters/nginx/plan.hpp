#pragma once
/// nginx's number of workers. Pure.

#include <optional>
#include <string>
#include <string_view>

#include "core/model/application.hpp"

namespace dynascale::nginx {

struct Options {
  std::string drop_in = "/etc/dynascale/dropins/nginx.conf";
  int min_workers = 1;
  int max_workers = 64;
};

/// Keys of Settings::usage.
inline constexpr auto usage_memory = "workers_private_bytes";  ///< Of all workers together.

/// One worker for each vCPU (nginx documentation, "worker_processes").
[[nodiscard]] ApplicationPlan plan_workers(const Settings& settings, const Resources& resources,
                                           const Options& options);

/// The number that a configuration sets; nothing when it sets none or "auto", which nginx reads once at its
/// start.
[[nodiscard]] std::optional<int> workers_in(std::string_view text);
/// The text with the number set and everything else kept.
[[nodiscard]] std::string with_workers(std::string_view text, int workers);
/// Whether the output of `nginx -T` shows that `file` is included.
[[nodiscard]] bool includes(std::string_view dump, std::string_view file);
/// "-p", "-c" and "-g" with their values, from "nginx: master process nginx -c … -g …". What follows -g up to
/// the end, or to the next of them, is its value.
[[nodiscard]] std::vector<std::string> options_in_title(std::string_view title);

}  // namespace dynascale::nginx
