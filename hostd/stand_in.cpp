#include "hostd/stand_in.hpp"

#include <algorithm>

namespace dynascale::hostd {

void StandIn::take(const Result<GuestVcpus>& answer, Instant now) {
  if (answer) {
    said_ = *answer;
    said_at_ = now;
    failures_ = 0;
    problem_.clear();
  } else {
    said_.reset();
    ++failures_;
    problem_ = answer.error().what;
  }
  constexpr unsigned most_doublings = 4;
  const Duration wait = interval * (1U << std::min(failures_, most_doublings));
  next_ = now + std::min<Duration>(wait, longest_interval);
}

std::optional<plan::StandInFacts> StandIn::facts(VcpuCount plugged, Instant now) const {
  if (!said_ || now - said_at_ > 3 * interval) return std::nullopt;
  const auto online = std::min<std::size_t>(said_->online.size(), plugged.value);
  return plan::StandInFacts{.at = said_at_, .online = VcpuCount{static_cast<std::uint16_t>(online)}};
}

}  // namespace dynascale::hostd
