#include "core/arbiter/ledger.hpp"

namespace dynascale::arbiter {

Ledger::Sums Ledger::sums_of(const Account& account) {
  Sums sums;
  const auto& held = account.holding.held;
  const auto& flight = account.holding.flight;
  sums.committed = larger(larger(held, account.permitted), account.coming_back);
  if (flight) sums.committed = larger(sums.committed, flight->from);
  for (const auto resource : both_resources) {
    if (flight) sums.returning[resource] = less_by(sums.committed[resource], flight->to[resource]);
    if (account.permitted[resource] > held[resource]) sums.returning[resource] = 0;
    sums.moving[resource] = less_by(account.permitted[resource], held[resource]) + sums.returning[resource];
  }
  sums.flights = flight || account.permitted != Amounts{} ? 1 : 0;
  return sums;
}

template <class Change>
void Ledger::edit(Account& account, Change change) {
  const auto before = sums_of(account);
  change();
  const auto after = sums_of(account);
  for (const auto resource : both_resources) {
    sums_.committed[resource] += after.committed[resource] - before.committed[resource];
    sums_.moving[resource] += after.moving[resource] - before.moving[resource];
    sums_.returning[resource] += after.returning[resource] - before.returning[resource];
  }
  sums_.flights += after.flights - before.flights;
}

void Ledger::observe(const std::string& guest, const Holding& holding, Instant now) {
  auto& account = accounts_[guest];
  edit(account, [&] {
    const bool landed = account.flying && !holding.flight;
    account.holding = holding;
    if (now >= account.back_by) account.coming_back = {};
    if (holding.flight) account.flying = account.permitted != Amounts{};
    const auto lifetime = account.flying ? lifetimes_.flying : lifetimes_.unused;
    const bool old = now - account.permitted_at >= lifetime;
    const bool used_up = larger(account.holding.held, account.permitted) == account.holding.held;
    if (!landed && !old && (holding.flight || !used_up)) return;
    account.permitted = {};
    account.flying = false;
  });
}

void Ledger::forget(const std::string& guest) {
  const auto found = accounts_.find(guest);
  if (found == accounts_.end()) return;
  edit(found->second, [&] { found->second = Account{}; });
  accounts_.erase(found);
}

bool Ledger::permit(const std::string& guest, Resource resource, Amount level, Instant now) {
  const auto found = accounts_.find(guest);
  if (found == accounts_.end()) return false;
  auto& account = found->second;
  if (less_by(level, sums_of(account).committed[resource]) > free(resource)) return false;
  edit(account, [&] {
    account.permitted[resource] = std::max(account.permitted[resource], level);
    account.permitted_at = now;
  });
  return true;
}

void Ledger::begun(const std::string& guest, const Holding::Flight& flight, Instant now) {
  const auto found = accounts_.find(guest);
  if (found == accounts_.end()) return;
  auto& account = found->second;
  edit(account, [&] {
    account.holding.flight = flight;
    account.flying = account.permitted != Amounts{};
    account.permitted_at = now;
  });
}

void Ledger::undone(const std::string& guest, Instant now) {
  const auto found = accounts_.find(guest);
  if (found == accounts_.end() || !found->second.holding.flight) return;
  auto& account = found->second;
  edit(account, [&] {
    account.coming_back = account.holding.flight->from;
    account.back_by = now + lifetimes_.unused;
  });
}

Amounts Ledger::committed(const std::string& guest) const {
  const auto found = accounts_.find(guest);
  return found == accounts_.end() ? Amounts{} : sums_of(found->second).committed;
}

Amounts Ledger::held(const std::string& guest) const {
  const auto found = accounts_.find(guest);
  return found == accounts_.end() ? Amounts{} : found->second.holding.held;
}

Amounts Ledger::permitted(const std::string& guest) const {
  const auto found = accounts_.find(guest);
  return found == accounts_.end() ? Amounts{} : found->second.permitted;
}

bool Ledger::in_flight(const std::string& guest) const {
  const auto found = accounts_.find(guest);
  if (found == accounts_.end()) return false;
  return found->second.holding.flight || found->second.permitted != Amounts{};
}

}  // namespace dynascale::arbiter
