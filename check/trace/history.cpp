#include "check/trace/history.hpp"

namespace dynascale::check {

void PhaseClock::listened(TraceTime now) {
  if (!listen_) listen_ = now;
}

Phase PhaseClock::phase(TraceTime now) const {
  if (signal_ && now <= *signal_ + rules_.reload_window) return Phase::reload;
  const auto ready = listen_ ? std::min(*listen_ + rules_.grace, rules_.boot_limit) : rules_.boot_limit;
  return now < ready ? Phase::boot : Phase::later;
}

std::string_view to_string(Habit habit) {
  constexpr std::array<std::string_view, 4> names{"not asked", "asked at start only", "asked again on reload",
                                                  "asked again while running"};
  return names[static_cast<std::size_t>(habit)];
}

void History::add(const Question& question, Phase phase, TraceTime now) {
  auto found = tallies_.find(question);
  if (found == tallies_.end()) {
    if (tallies_.size() >= most_questions) {
      ++left_out_;
      return;
    }
    found = tallies_.emplace(question, Tally{{}, now}).first;
  }
  ++found->second.counts[static_cast<std::size_t>(phase)];
}

Habit History::habit(Topic topic) const {
  std::array<std::uint64_t, phase_count> sum{};
  for (const auto& [question, tally] : tallies_) {
    if (question.topic != topic || !question.noise.empty()) continue;
    for (std::size_t i = 0; i < phase_count; ++i) sum[i] += tally.counts[i];
  }
  if (sum[static_cast<std::size_t>(Phase::later)] > 0) return Habit::again;
  if (sum[static_cast<std::size_t>(Phase::reload)] > 0) return Habit::on_reload;
  return sum[static_cast<std::size_t>(Phase::boot)] > 0 ? Habit::kept : Habit::not_asked;
}

}  // namespace dynascale::check
