#include "agent/shrink_watch.hpp"

#include <fmt/format.h>

namespace dynascale::agent {

void ShrinkWatch::begin(const Size& before, const Size& after, Strains strains, Instant now) {
  const bool vcpus = after.vcpus < before.vcpus;
  const bool memory = after.memory < before.memory;
  shrunk_.reset();
  if (vcpus || memory) shrunk_ = Shrunk{before, vcpus, memory, std::move(strains), now};
}

/// The application that is strained most, if more than before and more than is usual; the guest as a whole only when
/// no application is.
std::optional<std::string> ShrinkWatch::sufferer(const Strains& strains, std::optional<Ratio> Strain::*kind) const {
  std::optional<std::string> worst;
  Ratio most;
  for (const auto& [id, strain] : strains) {
    const auto now = strain.*kind;
    if (!now || *now < config_.high) continue;
    const auto known = shrunk_->strains.find(id);
    const auto before = known == shrunk_->strains.end() ? std::nullopt : known->second.*kind;
    if (now->value() < before.value_or(Ratio{}).value() + config_.rise.value()) continue;
    const bool better = !worst || worst->empty() || (!id.empty() && *now > most);
    if (!better) continue;
    worst = id;
    most = *now;
  }
  if (!worst) return std::nullopt;
  return fmt::format("{} stalls {:.0f} % of the time since the shrink", worst->empty() ? "the guest" : *worst,
                     most.as_percent());
}

std::optional<wire::Urgent> ShrinkWatch::look(const Strains& strains, Instant now) {
  if (!active(now) || now < shrunk_->since + config_.settle) return std::nullopt;
  wire::Urgent urgent;
  if (shrunk_->memory) {
    if (const auto reason = sufferer(strains, &Strain::memory)) {
      shrunk_->memory = false;
      urgent.resource = "memory";
      urgent.reason = *reason;
      urgent.memory_wanted_bytes = shrunk_->before.memory.count();
      return urgent;
    }
  }
  if (!shrunk_->vcpus) return std::nullopt;
  const auto reason = sufferer(strains, &Strain::cpu);
  if (!reason) return std::nullopt;
  shrunk_->vcpus = false;
  urgent.resource = "cpu";
  urgent.reason = *reason;
  urgent.vcpus_wanted = shrunk_->before.vcpus.value;
  return urgent;
}

}  // namespace dynascale::agent
