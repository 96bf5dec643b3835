#include "core/arbiter/scale_out.hpp"

#include <algorithm>

namespace dynascale::arbiter {

std::string_view to_string(Cause cause) {
  switch (cause) {
    case Cause::ceiling: return "ceiling";
    case Cause::host_full: return "host_full";
    case Cause::host_cpus: return "host_cpus";
    case Cause::host_memory: return "host_memory";
  }
  return "unknown";
}

/// A cleared event takes the place of the raised one.
void ScaleOut::remember(const ScaleOutEvent& event) {
  const auto known = std::ranges::find(history_, event.number, &ScaleOutEvent::number);
  if (known != history_.end()) {
    *known = event;
    return;
  }
  history_.push_back(event);
  if (history_.size() > max_history) history_.pop_front();
}

std::vector<ScaleOutEvent> ScaleOut::update(const std::vector<Condition>& conditions, Instant now) {
  for (const auto& condition : conditions) {
    auto [watch, fresh] = watched_.try_emplace(Key{condition.guest, condition.cause});
    if (fresh) watch->second.since = now;
    watch->second.last = now;
    watch->second.text = condition.text;
  }
  std::vector<ScaleOutEvent> changed;
  for (auto at = watched_.begin(); at != watched_.end();) {
    auto& [key, watch] = *at;
    ScaleOutEvent event{watch.event, std::get<0>(key), std::get<1>(key), watch.text, watch.since, now, {}};
    const bool passed = watch.last != now && now - watch.last >= clear_;
    if (watch.event == 0 && watch.last == now && now - watch.since >= after_) {
      event.number = watch.event = ++count_;
      watch.raised = now;
      remember(event);
      changed.push_back(event);
    } else if (watch.event != 0 && passed) {
      event.raised = watch.raised;
      event.cleared = now;
      remember(event);
      changed.push_back(event);
    }
    at = passed ? watched_.erase(at) : std::next(at);
  }
  return changed;
}

}  // namespace dynascale::arbiter
