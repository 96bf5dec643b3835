#include "core/budget/budget.hpp"

#include <algorithm>
#include <cmath>

namespace dynascale::budget {
namespace {

constexpr double highest_level = 0x1p80;  // All memory there can be, for a weight of a thousandth.
constexpr int bisections = 80;            // From there down to a byte.

double weight_of(const Claim& claim) {
  return std::isfinite(claim.weight) && claim.weight > 0 ? claim.weight : 0;
}

Bytes upper_of(const Claim& claim) {
  return std::max(claim.memory_min, claim.memory_max);
}

Bytes need_of(const Claim& claim) {
  return std::clamp(claim.memory_need.value_or(claim.memory_min), claim.memory_min, upper_of(claim));
}

Bytes use_of(const Claim& claim) {
  const auto need = need_of(claim);
  return std::clamp(claim.memory_use.value_or(need), need, upper_of(claim));
}

/// `level` a weight, but not below `share` nor above `upper`.
Bytes at_level(double level, const Claim& claim, Bytes share, Bytes upper) {
  const auto part = level * weight_of(claim);
  const auto most = static_cast<double>(upper.count());
  return std::max(share, part < most ? Bytes::of(static_cast<std::uint64_t>(part)) : upper);
}

/// Raises the shares towards `upper` as far as `memory` carries all of them.
template <class Upper>
void raise(std::vector<Share>& shares, std::span<const Claim> claims, Bytes memory, Upper upper) {
  const auto total_at = [&](double level) {
    Bytes total;
    for (std::size_t index = 0; index < claims.size(); ++index)
      total = saturating_add(total, at_level(level, claims[index], shares[index].memory, upper(claims[index])));
    return total;
  };
  double low = 0;
  double high = 1;
  while (high < highest_level && total_at(high) <= memory) high *= 2;
  for (int round = 0; round < bisections; ++round) {
    const double middle = low + (high - low) / 2;
    (total_at(middle) <= memory ? low : high) = middle;
  }
  for (std::size_t index = 0; index < claims.size(); ++index)
    shares[index].memory = at_level(low, claims[index], shares[index].memory, upper(claims[index]));
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
      if (*now < need_of(claims[index]) && growing) continue;
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
  raise(budget.shares, claims, budget.memory, [](const Claim& claim) { return claim.memory_min; });
  if (!budget.fits) return;
  for (std::size_t index = 0; index < claims.size(); ++index)
    budget.shares[index].memory = claims[index].memory_min;  // Also of those without a weight.
  raise(budget.shares, claims, budget.memory, need_of);
  raise(budget.shares, claims, budget.memory, use_of);
  raise(budget.shares, claims, budget.memory, upper_of);
  auto rest = budget.memory;
  for (const auto& share : budget.shares) rest = saturating_sub(rest, share.memory);
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
