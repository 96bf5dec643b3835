#include "core/budget/budget.hpp"

#include <algorithm>
#include <cmath>

namespace dynascale::budget {
namespace {

double weight_of(const Claim& claim) {
  return std::isfinite(claim.weight) && claim.weight > 0 ? claim.weight : 0;
}

Bytes upper_of(const Claim& claim) {
  return std::max(claim.memory_min, claim.memory_max);
}

Bytes need_of(const Claim& claim) {
  return std::clamp(claim.memory_need.value_or(upper_of(claim)), claim.memory_min, upper_of(claim));
}

/// Raises the shares towards `upper` by weight and returns what is left. Who is full leaves the rest to the
/// others.
template <class Upper>
Bytes pour(std::vector<Share>& shares, std::span<const Claim> claims, Bytes rest, Upper upper) {
  for (std::size_t round = 0; round <= claims.size() && rest > Bytes{}; ++round) {
    double weights = 0;
    for (std::size_t index = 0; index < claims.size(); ++index)
      if (shares[index].memory < upper(claims[index])) weights += weight_of(claims[index]);
    if (weights <= 0) return rest;
    const auto poured = rest;
    for (std::size_t index = 0; index < claims.size(); ++index) {
      const auto room = saturating_sub(upper(claims[index]), shares[index].memory);
      const auto part = std::min({poured.scaled(weight_of(claims[index]) / weights), room, rest});
      shares[index].memory = saturating_add(shares[index].memory, part);
      rest = saturating_sub(rest, part);
    }
  }
  return rest;
}

/// Keeps shares that would hardly move, as long as the sum allows it.
void keep_small_changes(std::vector<Share>& shares, std::span<const Claim> claims, Bytes rest, Ratio dead_band) {
  const auto is_small = [dead_band](Bytes now, Bytes share) {
    const auto difference = now > share ? saturating_sub(now, share) : saturating_sub(share, now);
    return difference < now.scaled(dead_band.value());
  };
  for (const bool growing : {true, false}) {  // Growth that is not made leaves room for shrinks that are not.
    for (std::size_t index = 0; index < claims.size(); ++index) {
      auto& share = shares[index].memory;
      const auto now = claims[index].memory_now;
      if (!now || *now == share || (*now < share) != growing || !is_small(*now, share)) continue;
      if (*now < claims[index].memory_min || *now > upper_of(claims[index])) continue;
      if (!growing && saturating_sub(*now, share) > rest) continue;
      rest = growing ? saturating_add(rest, saturating_sub(share, *now))
                     : saturating_sub(rest, saturating_sub(*now, share));
      share = *now;
    }
  }
}

void divide_memory(Budget& budget, std::span<const Claim> claims, Ratio dead_band) {
  Bytes minima;
  for (const auto& claim : claims) minima = saturating_add(minima, claim.memory_min);
  budget.fits = minima <= budget.memory;
  if (!budget.fits) {
    const auto part = static_cast<double>(budget.memory.count()) / static_cast<double>(minima.count());
    auto rest = budget.memory;
    for (std::size_t index = 0; index < claims.size(); ++index) {
      budget.shares[index].memory = std::min(claims[index].memory_min.scaled(part), rest);
      rest = saturating_sub(rest, budget.shares[index].memory);
    }
    return;
  }
  for (std::size_t index = 0; index < claims.size(); ++index)
    budget.shares[index].memory = claims[index].memory_min;
  auto rest = saturating_sub(budget.memory, minima);
  rest = pour(budget.shares, claims, rest, need_of);
  rest = pour(budget.shares, claims, rest, upper_of);
  keep_small_changes(budget.shares, claims, rest, dead_band);
}

/// Hands out one vCPU at a time to whom has least for its weight.
void divide_vcpus(std::vector<Share>& shares, std::span<const Claim> claims, VcpuCount vcpus) {
  std::uint32_t given = 0;
  for (std::size_t index = 0; index < claims.size(); ++index) {
    shares[index].vcpus = VcpuCount{1};
    ++given;
  }
  const auto next_for = [&](auto limit) {
    std::size_t best = claims.size();
    for (std::size_t index = 0; index < claims.size(); ++index) {
      if (shares[index].vcpus.value >= limit(claims[index]) || weight_of(claims[index]) <= 0) continue;
      const auto load = [&](std::size_t i) { return shares[i].vcpus.value / weight_of(claims[i]); };
      if (best == claims.size() || load(index) < load(best)) best = index;
    }
    return best;
  };
  const auto hand_out = [&](auto limit) {
    while (given < vcpus.value) {
      const auto best = next_for(limit);
      if (best == claims.size()) return;
      ++shares[best].vcpus.value;
      ++given;
    }
  };
  hand_out([](const Claim& claim) { return claim.vcpus_min.value; });
  hand_out([](const Claim& claim) { return std::max(claim.vcpus_min, claim.vcpus_max).value; });
}

}  // namespace

Bytes system_reserve(Bytes usable) {
  return std::max(Bytes::mib(256), usable.scaled(0.05));
}

Budget divide(const Machine& machine, std::span<const Claim> claims) {
  Budget budget;
  const auto taken = saturating_add(saturating_add(system_reserve(machine.usable), machine.static_use),
                                    machine.usable.scaled(std::clamp(machine.page_cache, 0.0, 0.9)));
  budget.memory = saturating_sub(machine.usable, taken);
  for (const auto& claim : claims) budget.shares.push_back({.id = claim.id, .vcpus = {}, .memory = {}});
  divide_memory(budget, claims, machine.dead_band);
  divide_vcpus(budget.shares, claims, machine.vcpus);
  return budget;
}

}  // namespace dynascale::budget
