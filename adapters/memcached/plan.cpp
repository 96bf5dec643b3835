#include "adapters/memcached/plan.hpp"

#include <algorithm>

#include "adapters/sizing.hpp"
#include "runtime/text.hpp"

namespace dynascale::memcached {

ApplicationPlan plan_limit(const Settings& settings, const Resources& resources, const Options& options) {
  ApplicationPlan plan;
  const auto* const limit = settings.find("limit_maxbytes");
  if (limit == nullptr) return plan;
  plan.memory_floor = saturating_add(options.least, base_memory);
  if (limit->takes_effect == TakesEffect::restart) {
    plan.memory_floor = std::max(plan.memory_floor, as_bytes(usage_of(settings, usage_resident)));
    plan.memory_need = plan.memory_floor;
    plan.notes.emplace_back("memory was allocated at the start (-L): memcached cannot give it back");
    return plan;
  }
  plan.memory_use = as_bytes(usage_of(settings, usage_malloced)).scaled(1 / options.share).ceil_to(Bytes::mib(2));
  const auto to =
      as_signed(std::max(options.least, resources.memory.scaled(options.share)).floor_to(Bytes::mib(1)));
  if (worth_changing(limit->value, to, true))
    plan.now.push_back({.setting = "limit_maxbytes",
                        .from = limit->value,
                        .to = to,
                        .unit = SettingUnit::bytes,
                        .takes_effect = TakesEffect::live});
  return plan;
}

bool add_stat(Stats& stats, std::string_view line) {
  if (text::take_word(line) != "STAT") return false;
  const auto name = text::take_word(line);
  stats[std::string{name}] = text::trim(line);
  return true;
}

std::int64_t number_of(const Stats& stats, std::string_view name, std::int64_t fallback) {
  const auto found = stats.find(name);
  return found == stats.end() ? fallback : text::number<std::int64_t>(found->second).value_or(fallback);
}

int fullest_class(const Stats& slabs) {
  int best = 0;
  std::int64_t most = 1;
  for (const auto& [name, value] : slabs) {
    auto rest = std::string_view{name};
    const auto number = text::number<int>(text::take_until(rest, ':'));
    const auto pages = text::number<std::int64_t>(value);
    if (rest != "total_pages" || !number || !pages || *pages <= most) continue;
    best = *number;
    most = *pages;
  }
  return best;
}

}  // namespace dynascale::memcached
