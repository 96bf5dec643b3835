#include "adapters/adapter.hpp"

#include <fmt/format.h>

namespace dynascale {

std::string Adapter::fingerprint(const Instance& instance) const {
  return fmt::format("{} {} {}", instance.id, instance.main_pid, instance.start_ticks);
}

std::optional<Duration> Adapter::metrics_every(const Instance& /*instance*/) const { return std::nullopt; }

Result<Figures> Adapter::metrics(const Instance& /*instance*/, const CallLimits& /*limits*/) {
  return fail(Errc::unsupported, fmt::format("{} tells no figures of its own", info().title));
}

Bytes Adapter::restart_growth(std::span<const Change> pending) const {
  Bytes growth;
  for (const auto& change : pending)
    if (change.unit == SettingUnit::bytes && change.to > change.from)
      growth = saturating_add(growth, Bytes::of(static_cast<std::uint64_t>(change.to - change.from)));
  return growth;
}

Result<Staged> Adapter::stage(const Instance& /*instance*/, std::span<const Change> /*pending*/,
                              const CallLimits& /*limits*/) {
  return fail(Errc::unsupported, fmt::format("{} has no place where dynascale could leave values for its next start",
                                             info().title));
}

Status Adapter::unstage(const Instance& /*instance*/, const Staged& /*staged*/, const CallLimits& /*limits*/) {
  return fail(Errc::unsupported, fmt::format("{} has nothing to take back", info().title));
}

}  // namespace dynascale
