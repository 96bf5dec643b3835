#include "hostd/requests.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dynascale::hostd {

std::optional<policy::Opinion> opinion_of_requests(const wire::Report& report, const Limits& limits) {
  if (report.requests.empty()) return std::nullopt;
  // Nothing wished for is the least of all wishes, not a wish to stay.
  policy::Opinion opinion{.vcpus = VcpuCount{0}, .memory = Bytes{}, .reasons = {}};
  for (const auto& request : report.requests) {
    const auto vcpus = std::min<std::uint32_t>(request.vcpus_wanted.value_or(0), limits.vcpus_max.value);
    const auto memory = std::min(Bytes::of(request.memory_wanted_bytes.value_or(0)), limits.memory_max);
    opinion.vcpus = std::max(*opinion.vcpus, VcpuCount{static_cast<std::uint16_t>(vcpus)});
    opinion.memory = std::max(*opinion.memory, memory);
    auto text = fmt::format("{} asks for {} vCPUs and {} for {} s: {}", request.by, vcpus, memory,
                            request.remaining_ms / 1000, request.reason);
    opinion.reasons.push_back({.rule = "request", .text = std::move(text), .observed = {}, .threshold = {}});
  }
  return opinion;
}

}  // namespace dynascale::hostd
