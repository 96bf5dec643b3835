#include "core/history/usage.hpp"

#include <algorithm>
#include <utility>

namespace dynascale::history {
namespace {

double mib(Bytes bytes) { return static_cast<double>(bytes.count()) / (1 << 20U); }

}  // namespace

void Usage::add(const Observation& seen, double for_seconds) {
  const double vcpus = seen.size.vcpus.value;
  const double memory = mib(seen.size.memory);
  seconds += for_seconds;
  vcpu_s += vcpus * for_seconds;
  memory_mib_s += memory * for_seconds;
  vcpus_peak = std::max(vcpus_peak, vcpus);
  memory_peak_mib = std::max(memory_peak_mib, memory);
  if (seen.busy_vcpus) {
    busy_known_s += for_seconds;
    busy_vcpu_s += *seen.busy_vcpus * for_seconds;
    busy_peak = std::max(busy_peak, *seen.busy_vcpus);
  }
  if (seen.used) {
    used_known_s += for_seconds;
    used_mib_s += mib(*seen.used) * for_seconds;
    used_peak_mib = std::max(used_peak_mib, mib(*seen.used));
  }
  if (!seen.throttled) return;
  throttled_s += for_seconds;
  lacking_vcpu_s += std::max(0.0, seen.wanted.vcpus.value - vcpus) * for_seconds;
  lacking_mib_s += std::max(0.0, mib(seen.wanted.memory) - memory) * for_seconds;
}

void Usage::add(const Usage& other) {
  for (const auto sum : {&Usage::seconds, &Usage::vcpu_s, &Usage::memory_mib_s, &Usage::busy_known_s,
                         &Usage::busy_vcpu_s, &Usage::used_known_s, &Usage::used_mib_s, &Usage::throttled_s,
                         &Usage::lacking_vcpu_s, &Usage::lacking_mib_s})
    this->*sum += other.*sum;
  for (const auto peak : {&Usage::vcpus_peak, &Usage::memory_peak_mib, &Usage::busy_peak, &Usage::used_peak_mib})
    this->*peak = std::max(this->*peak, other.*peak);
}

std::optional<Slot> RollUp::add(const Observation& seen, Instant now, std::chrono::system_clock::time_point wall) {
  const auto second = std::chrono::duration_cast<std::chrono::seconds>(wall.time_since_epoch()).count();
  const auto start = step_of(second, finest_step.count());
  std::optional<Slot> finished;
  if (slot_ && slot_->start_s != start) finished = flush();
  if (!slot_) slot_ = Slot{start, {}};
  const bool follows = last_ && now > *last_ && now - *last_ <= longest_look;
  if (follows) slot_->usage.add(seen, std::chrono::duration<double>(now - *last_).count());
  last_ = now;
  return finished;
}

std::optional<Slot> RollUp::flush() {
  auto slot = std::exchange(slot_, std::nullopt);
  if (slot && slot->usage.seconds <= 0) return std::nullopt;
  return slot;
}

}  // namespace dynascale::history
