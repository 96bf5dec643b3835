#include "core/policy/sliding_window.hpp"

#include <algorithm>
#include <cmath>

namespace dynascale::policy {

void SlidingWindow::add(double value, Instant now, Duration span, Duration max_gap) {
  if (!std::isfinite(value)) return;
  if (span != span_ || (last_ && (now - *last_ > max_gap || now < *last_))) clear();
  span_ = span;
  last_ = now;
  if (!first_) first_ = now;

  if (slots_[newest_].count > 0 && now - slots_[newest_].begin >= slot_length()) {
    newest_ = (newest_ + 1) % slots;
    slots_[newest_] = Slot{};
  }
  auto& slot = slots_[newest_];
  if (slot.count == 0) slot = {.begin = now, .sum = 0, .highest = value, .count = 0};
  slot.sum += value;
  slot.highest = std::max(slot.highest, value);
  ++slot.count;
}

bool SlidingWindow::covers(Instant now) const {
  return first_ && now - *first_ >= span_;
}

bool SlidingWindow::holds(const Slot& slot, Instant now) const {
  return slot.count > 0 && slot.begin + slot_length() >= now - span_;
}

std::optional<double> SlidingWindow::mean(Instant now) const {
  double sum = 0;
  std::uint64_t count = 0;
  for (const auto& slot : slots_) {
    if (!holds(slot, now)) continue;
    sum += slot.sum;
    count += slot.count;
  }
  if (count == 0) return std::nullopt;
  return sum / static_cast<double>(count);
}

std::optional<double> SlidingWindow::max(Instant now) const {
  std::optional<double> highest;
  for (const auto& slot : slots_)
    if (holds(slot, now)) highest = std::max(highest.value_or(slot.highest), slot.highest);
  return highest;
}

}  // namespace dynascale::policy
