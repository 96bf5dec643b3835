#include "agent/shrink_check.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dynascale::agent {

Bytes reserve_of(Bytes memory) { return std::clamp(memory.scaled(0.05), Bytes::mib(64), Bytes::mib(512)); }

std::optional<MemoryHolder> memory_holder(const std::vector<Application>& applications, Bytes target) {
  Bytes floors = reserve_of(target);
  const Application* largest = nullptr;
  for (const auto& application : applications) {
    floors = saturating_add(floors, application.plan.memory_floor);
    if (largest == nullptr || application.plan.memory_floor > largest->plan.memory_floor) largest = &application;
  }
  if (largest == nullptr || floors <= target) return std::nullopt;
  return MemoryHolder{largest->instance.id,
                      fmt::format("the applications need {} of the {} that would be left; {} alone needs {}", floors,
                                  target, largest->instance.id, largest->plan.memory_floor),
                      floors};
}

GiveVerdict can_give(Bytes available, Bytes take, Bytes size) {
  const Bytes reserve = reserve_of(saturating_sub(size, take));
  GiveVerdict verdict;
  verdict.enough = available >= saturating_add(take, reserve);
  verdict.floor = saturating_sub(size, saturating_sub(available, reserve));
  if (!verdict.enough)
    verdict.reason =
        fmt::format("{} are available, but {} to give and {} in reserve are needed", available, take, reserve);
  return verdict;
}

Duration answer_time(Duration deadline) {
  return deadline - std::min<Duration>(deadline / 5, std::chrono::seconds{10});
}

bool FreeWatch::hopeless(Bytes available, Instant now) {
  if (available >= saturating_add(most_, least_progress)) {
    most_ = available;
    since_ = now;
  }
  return now - since_ >= patience_;
}

}  // namespace dynascale::agent
