#pragma once
/// Puma's processes and how many workers it wants. Pure.

#include <string_view>

#include "adapters/worker_steps.hpp"

namespace dynascale::puma {

struct Options {
  int min_workers = 1;
  int max_workers = 64;
};

/// One worker for each vCPU (Puma documentation, "deployment").
[[nodiscard]] constexpr WorkerBounds bounds_of(const Options& options) {
  return {.per_vcpu = 1, .least = options.min_workers, .most = options.max_workers};
}

/// "puma 5.6.5 (unix:///run/s) [app]" is a master or a single server, "puma: cluster worker 0: 12 [app]" a
/// worker.
[[nodiscard]] constexpr bool is_server_title(std::string_view title) {
  return title.starts_with("puma ") && title.find(" (") != std::string_view::npos;
}
[[nodiscard]] constexpr bool is_worker_title(std::string_view title) {
  return title.starts_with("puma: cluster worker");
}
/// What the title says in parentheses: where it listens.
[[nodiscard]] constexpr std::string_view listener_in(std::string_view title) {
  const auto begin = title.find(" (");
  const auto end = title.find(')', begin == std::string_view::npos ? 0 : begin);
  return begin == std::string_view::npos || end == std::string_view::npos
             ? std::string_view{}
             : title.substr(begin + 2, end - begin - 2);
}

}  // namespace dynascale::puma
