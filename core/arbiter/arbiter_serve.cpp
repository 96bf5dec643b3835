/// Who may grow now: at any moment one guest that asks, and once a period those that wait.

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "core/arbiter/arbiter.hpp"
#include "core/arbiter/chance.hpp"

namespace dynascale::arbiter {
namespace {

std::string shown(Resource resource, Amount amount) {
  return resource == Resource::vcpus ? fmt::format("{} vCPUs", amount) : to_string(Bytes::of(amount));
}

policy::Reason reason(const char* rule, std::string text) { return {rule, std::move(text), {}, {}}; }

}  // namespace

/// Whether growth is out of the question now, whatever is free.
std::optional<policy::Reason> Arbiter::gate(const Wish& wish, Resource resource, bool pressing) const {
  const auto& state = host();
  const bool below_min = ledger_.held(wish.guest)[resource] < claims_.at(wish.guest).min[resource];
  if (capacity_.cpus == 0)
    return reason("arbiter.host_unknown", "what this host has is not known yet: nobody grows until libvirt tells");
  if (state.stale) return reason("arbiter.stale", "no fresh figures of the host: nobody grows until they come");
  if (resource == Resource::vcpus) {
    if (state.cpus == Room::yes || below_min) return std::nullopt;
    return reason("arbiter.host_cpus",
                  fmt::format("the host is the bottleneck ({}): more vCPUs would help nobody", state.cpus_why));
  }
  const bool closed =
      state.memory == Level::critical || (state.memory == Level::scarce && !pressing && !below_min);
  if (!closed) return std::nullopt;
  return reason("arbiter.host_memory", fmt::format("the host's memory is {}: {}", to_string(state.memory),
                                                   state.memory_why));
}

/// How much more may set out now. Nothing under way: as much as one guest needs.
Amount Arbiter::flight_room(const std::string& guest, Resource resource) const {
  if (ledger_.flights() == 0) return ledger_.limit()[resource];
  if (!ledger_.in_flight(guest) && ledger_.flights() >= config_.max_in_flight) return 0;
  const auto most = Bytes::of(ledger_.limit()[resource]).scaled(config_.max_in_flight_share.value()).count();
  return less_by(most, ledger_.moving(resource));
}

policy::Reason Arbiter::shortage(const Wish& wish, Resource resource, Amount level, Amount ceiling) const {
  const auto wanted = shown(resource, wish.to[resource]);
  const auto entitled = standings_.at(wish.guest).entitled[resource];
  if (level >= ceiling)
    return reason("arbiter.share", fmt::format("{} wanted; others need the rest, {} is its share of this host",
                                               wanted, shown(resource, entitled)));
  if (flight_room(wish.guest, resource) < less_by(ceiling, level))
    return reason("arbiter.in_flight", fmt::format("{} wanted; {} guests change already, and no more may at once",
                                                   wanted, ledger_.flights()));
  return reason("arbiter.host_full", fmt::format("{} wanted; the host has {} of {} free, and it waits its turn", wanted,
                                                 shown(resource, ledger_.free(resource)),
                                                 shown(resource, ledger_.limit()[resource])));
}

/// Up to `ceiling`, leaving `reserved` of what is free for others.
Arbiter::Grant Arbiter::grant(const Wish& wish, Resource resource, Amount ceiling, Amount reserved, bool pressing) {
  const auto before = std::max(ledger_.committed(wish.guest)[resource], wish.from[resource]);
  const auto wanted = wish.to[resource];
  if (wanted <= before) return {wanted, {}};
  if (auto closed = gate(wish, resource, pressing)) return {before, std::move(*closed)};
  const auto most = std::min(wanted, std::max(ceiling, before));
  auto more = std::min(most - before, less_by(ledger_.free(resource), reserved));
  more = std::min(more, flight_room(wish.guest, resource));
  const auto step = resource == Resource::vcpus ? Amount{1} : config_.memory_step.count();
  if (before + more < wanted) more = Bytes::of(more).floor_to(Bytes::of(step)).count();
  if (before + more >= wanted) return {wanted, {}};
  return {before + more, shortage(wish, resource, before + more, most)};
}

Answer Arbiter::ask(const Wish& wish, Instant now) {
  Answer answer{wish.to, {}};
  const bool known = ledger_.knows(wish.guest);
  const auto waits = waiting_.find(wish.guest);
  const bool pressing = wish.urgent || (waits != waiting_.end() && presses(waits->second, now));
  for (const auto resource : both_resources) {
    if (wish.to[resource] <= wish.from[resource]) continue;
    if (!known) {
      answer.allowed[resource] = wish.from[resource];
      answer.reasons.push_back(reason("arbiter.unknown", "this guest is not counted on the host yet"));
      continue;
    }
    const auto others = lacking_of_others(wish.guest, resource, pressing);
    const bool contested = others > 0 || (resource == Resource::memory && host().memory != Level::calm);
    const auto ceiling = contested ? standings_[wish.guest].entitled[resource] : wish.to[resource];
    auto granted = grant(wish, resource, ceiling, others, pressing);
    answer.allowed[resource] = std::max(granted.level, wish.from[resource]);
    if (!granted.why_not.rule.empty()) answer.reasons.push_back(std::move(granted.why_not));
    if (answer.allowed[resource] > wish.from[resource] &&
        !ledger_.permit(wish.guest, resource, answer.allowed[resource], now))
      answer.allowed[resource] = wish.from[resource];
  }
  if (known) wait(wish, answer.allowed, answer.reasons, now);
  return answer;
}

// --- those that wait ---

/// Shares move with every figure: a difference smaller than this is no lack. What is taken from others is smaller, so
/// that who gave does not lack at once.
Amount Arbiter::band(Resource resource, Amount of) const {
  if (resource == Resource::vcpus) return 1;
  return std::max(config_.memory_step.count(), Bytes::of(of).scaled(config_.dead_band.value()).count());
}

bool Arbiter::presses(const Waiting& waiting, Instant now) const {
  return waiting.urgent || now - waiting.since >= config_.patience;
}

void Arbiter::count_lacking(const std::string& guest, Waiting& waiting) {
  const auto& standing = standings_[guest];
  const auto committed = ledger_.committed(guest);
  for (const auto resource : both_resources) {
    auto lacking = less_by(std::min(waiting.wanted[resource], standing.entitled[resource]), committed[resource]);
    if (lacking < band(resource, standing.entitled[resource])) lacking = 0;
    lacking_[resource] = lacking_[resource] - waiting.lacking[resource] + lacking;
    if (waiting.urgent) lacking_urgent_[resource] = lacking_urgent_[resource] - waiting.lacking[resource] + lacking;
    waiting.lacking[resource] = lacking;
  }
}

void Arbiter::stop_waiting(const std::string& guest) {
  const auto found = waiting_.find(guest);
  if (found == waiting_.end()) return;
  for (const auto resource : both_resources) {
    lacking_[resource] -= found->second.lacking[resource];
    if (found->second.urgent) lacking_urgent_[resource] -= found->second.lacking[resource];
  }
  waiting_.erase(found);
}

void Arbiter::wait(const Wish& wish, const Amounts& allowed, const std::vector<policy::Reason>& reasons, Instant now) {
  const auto before = waiting_.find(wish.guest);
  const auto since = before == waiting_.end() ? now : before->second.since;
  const bool called = wish.urgent || (before != waiting_.end() && before->second.urgent);
  stop_waiting(wish.guest);
  if (larger(allowed, wish.to) == allowed) return;
  auto& waiting = waiting_[wish.guest];
  waiting.wanted = wish.to;
  waiting.since = since;
  waiting.repeated = now;
  waiting.urgent = called || now - since >= config_.patience;
  for (const auto& one : reasons) {
    waiting.for_cpus = waiting.for_cpus || one.rule == "arbiter.host_cpus";
    waiting.why += (waiting.why.empty() ? "" : "; ") + one.text;
  }
  count_lacking(wish.guest, waiting);
}

Amount Arbiter::lacking_of_others(const std::string& guest, Resource resource, bool pressing) const {
  const auto all = pressing ? lacking_urgent_[resource] : lacking_[resource];
  const auto own = waiting_.find(guest);
  const bool counted = own != waiting_.end() && (!pressing || own->second.urgent);
  return counted ? less_by(all, own->second.lacking[resource]) : all;
}

void Arbiter::serve(Instant now) {
  for (const auto resource : both_resources) serve(resource, now);
}

/// First what each is entitled to, in order; then, if nobody lacks that any more, what is left.
void Arbiter::serve(Resource resource, Instant now) {
  struct Place {
    std::tuple<bool, bool, bool, bool, double, Instant, std::uint64_t> order;
    Wish wish;
    Amount entitled = 0;
    bool pressing = false;
  };
  std::vector<Place> queue;
  for (const auto& [guest, waiting] : waiting_) {
    const auto& standing = standings_[guest];
    const auto held = ledger_.held(guest);
    const auto committed = ledger_.committed(guest)[resource];
    if (waiting.wanted[resource] <= committed) continue;
    const bool pressing = presses(waiting, now);
    const double served = static_cast<double>(committed) /
                          static_cast<double>(std::max<Amount>(1, standing.entitled[resource]));
    const bool below_min = held[resource] < claims_.at(guest).min[resource];
    queue.push_back({{!below_min, refuses(guest, now), !pressing, standing.credit[resource] == 0, served,
                      waiting.since, chance(guest, epoch_)},
                     {guest, held, waiting.wanted, pressing},
                     standing.entitled[resource],
                     pressing});
  }
  std::ranges::sort(queue, {}, &Place::order);
  const bool hard_times = resource == Resource::memory && host().memory != Level::calm;
  for (const bool beyond : {false, true}) {
    if (beyond && (lacking_[resource] > 0 || hard_times)) break;
    for (const auto& place : queue) {
      const auto before = ledger_.committed(place.wish.guest)[resource];
      const auto ceiling = beyond ? place.wish.to[resource] : place.entitled;
      const auto level = grant(place.wish, resource, ceiling, 0, place.pressing).level;
      if (level <= before || !ledger_.permit(place.wish.guest, resource, level, now)) continue;
      auto& credit = standings_[place.wish.guest].credit[resource];
      credit = less_by(credit, level - before);
      count_lacking(place.wish.guest, waiting_.at(place.wish.guest));
    }
  }
}

}  // namespace dynascale::arbiter
