/// What a guest is decided by: the range in which it may be sized now, its settings, its past.

#include <algorithm>

#include "hostd/guest.hpp"

namespace dynascale::hostd {

/// The operator's range, cut to what this guest's hypervisor configuration can give.
Limits Guest::effective_limits() const {
  const auto known = facts();
  Limits limits = settings_.limits;
  limits.vcpus_max = std::min(limits.vcpus_max, known.maximum);
  limits.vcpus_min = std::min(limits.vcpus_min, limits.vcpus_max);
  limits.memory_max = std::min(limits.memory_max, plan::memory_ceiling_of(known));
  limits.memory_min = std::min(limits.memory_min, limits.memory_max);
  return policy::scheduled(limits, settings_.policy.schedule, open_windows_);
}

/// Windows open and close on whole minutes.
void Guest::look_at_schedule() {
  const auto minute = std::chrono::floor<std::chrono::minutes>(services_.clock.wall());
  if (schedule_seen_ == minute) return;
  schedule_seen_ = minute;
  open_windows_ = policy::open_windows(settings_.policy.schedule, minute);
}

void Guest::take_settings(GuestSettings settings) {
  settings_ = std::move(settings);
  schedule_seen_.reset();
  look_at_schedule();
}

bool Guest::may_forecast() {
  if (std::ranges::none_of(settings_.policy.rules, policy::is_forecast)) {
    forecast_seat_.reset();
    return false;
  }
  if (services_.forecast_room == nullptr) return true;
  if (!forecast_seat_) forecast_seat_ = services_.forecast_room->take();
  return forecast_seat_ != nullptr;
}

std::optional<policy::Opinion> Guest::forecast(const Limits& limits, Instant now) {
  const bool wanted = std::ranges::any_of(settings_.policy.rules, policy::is_forecast);
  if (may_forecast() || !wanted) return forecast_.advise(settings_.policy, limits, state_.current, sample(), now);
  const auto* const why = "[host] forecast_memory is taken by other guests: this one follows its load only";
  return policy::Opinion{VcpuCount{0}, Bytes{}, {{"forecast.no_room", why, {}, {}}}};
}

void Guest::take_recalled(Result<policy::ForecastRule> recalled) {
  if (!may_forecast()) return;
  if (recalled)
    forecast_ = std::move(*recalled);
  else
    forecast_.begin_anew(recalled.error().what);
}

}  // namespace dynascale::hostd
