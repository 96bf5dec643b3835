#include "core/arbiter/arbiter.hpp"

#include <fmt/format.h>

#include "core/arbiter/divide.hpp"

namespace dynascale::arbiter {

Amounts limit_of(const HostCapacity& capacity, const ArbiterConfig& config, std::size_t guests) {
  if (capacity.cpus == 0) return {};
  const auto cpus = capacity.cpus > config.reserve_cpus ? capacity.cpus - config.reserve_cpus : 1;
  const auto overhead = Bytes::of(config.guest_overhead.count() * guests);
  const auto memory = saturating_sub(capacity.memory, config.reserve_memory).scaled(config.memory_share.value());
  return {Bytes::of(cpus).scaled(config.vcpus_per_cpu).count(), saturating_sub(memory, overhead).count()};
}

Arbiter::Arbiter(ArbiterConfig config)
    : config_{config},
      ledger_{{config.permit_lifetime, config.flight_lifetime}},
      pressure_{config},
      scale_out_{config.scale_out_after, config.scale_out_clear} {}

std::vector<ScaleOutEvent> Arbiter::turn(std::vector<Claim> claims, const std::optional<HostLoad>& load, Instant now) {
  now_ = now;
  pressure_.update(load, now);
  take_claims(std::move(claims), now);
  drop_old(now);
  divide_all();
  serve(now);
  plan_orders(now);
  return scale_out_.update(conditions(), now);
}

void Arbiter::take_claims(std::vector<Claim> claims, Instant now) {
  std::map<std::string, Claim> newer;
  for (auto& claim : claims) newer[claim.guest] = std::move(claim);
  for (const auto& [guest, claim] : claims_) {
    if (newer.contains(guest)) continue;
    ledger_.forget(guest);
    stop_waiting(guest);
    standings_.erase(guest);
    orders_.erase(guest);
  }
  claims_ = std::move(newer);
  ledger_.set_limit(limit_of(capacity_, config_, claims_.size()));
  for (const auto& [guest, claim] : claims_) ledger_.observe(guest, claim.holding, now);
}

void Arbiter::drop_old(Instant now) {
  std::vector<std::string> over;
  for (const auto& [guest, waiting] : waiting_)
    if (now - waiting.repeated > config_.wish_lifetime) over.push_back(guest);
  for (const auto& guest : over) stop_waiting(guest);
  for (auto& [guest, standing] : standings_)
    if (standing.credited && now - *standing.credited > config_.credit_hold) {
      standing.credit = {};
      standing.credited.reset();
    }
}

bool Arbiter::refuses(const std::string& guest, Instant now) const {
  const auto found = standings_.find(guest);
  return found != standings_.end() && found->second.refused && now - *found->second.refused < config_.refusal_hold;
}

void Arbiter::divide_all() {
  const bool hard_times = host().memory != Level::calm;
  for (const auto resource : both_resources) {
    const bool full_tax = hard_times && resource == Resource::memory;
    std::vector<Stake> stakes;
    stakes.reserve(claims_.size());
    for (const auto& [guest, claim] : claims_) {
      const auto held = claim.holding.held[resource];
      if (claim.movable)
        stakes.push_back({claim.min[resource], std::min(claim.need[resource], std::max(claim.max[resource], held)),
                          claim.want[resource], claim.shares, refuses(guest, now_),
                          std::min(held, claim.floor[resource])});
      else
        stakes.push_back({held, held, held, claim.shares, false, held});
    }
    const auto tax = full_tax ? Ratio::percent(100) : config_.idle_tax;
    const auto given = divide_around(stakes, ledger_.limit()[resource], tax);
    std::size_t index = 0;
    for (const auto& [guest, claim] : claims_) standings_[guest].entitled[resource] = given[index++];
  }
  for (auto& [guest, waiting] : waiting_) count_lacking(guest, waiting);
}

const Order* Arbiter::order_for(const std::string& guest) const {
  const auto found = orders_.find(guest);
  return found == orders_.end() ? nullptr : &found->second;
}

void Arbiter::begun(const std::string& guest, const Holding::Flight& flight, Instant now) {
  if (!ledger_.knows(guest)) return;
  ledger_.begun(guest, flight, now);
  bool follows = false;
  if (const auto* order = order_for(guest))
    for (const auto resource : both_resources)
      follows = follows || (order->of(resource) && flight.to[resource] < flight.from[resource]);
  standings_[guest].ordered = follows;
  if (follows) orders_.erase(guest);
}

void Arbiter::ended(const std::string& guest, Outcome outcome, const Amounts& given, Instant now) {
  if (outcome != Outcome::settled) ledger_.undone(guest, now);
  const auto found = standings_.find(guest);
  if (found == standings_.end() || !found->second.ordered) return;
  auto& standing = found->second;
  standing.ordered = false;
  standing.taken = now;
  ++epoch_;
  if (outcome == Outcome::refused) standing.refused = now;
  if (outcome != Outcome::settled) return;
  standing.refused.reset();
  standing.credited = now;
  for (const auto resource : both_resources) standing.credit[resource] += given[resource];
}

}  // namespace dynascale::arbiter
