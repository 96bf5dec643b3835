#include "sim_host.hpp"

#include <algorithm>

namespace dynascale::sim {

using namespace std::chrono_literals;
using arbiter::Amounts;
using arbiter::both_resources;

namespace {
constexpr arbiter::Amount block = 2U << 20U;  ///< By which a layout may pass its target.
}  // namespace

SimHost::SimHost(arbiter::ArbiterConfig config, arbiter::HostCapacity capacity, std::uint64_t seed)
    : arbiter_{config}, random_{seed} {
  arbiter_.set_capacity(capacity);
}

SimGuest& SimHost::add(Setup setup) {
  setup.name = "guest" + std::to_string(guests_.size());
  setup.host = &arbiter_;
  guests_.push_back(std::make_unique<SimGuest>(std::move(setup), random_()));
  return *guests_.back();
}

void SimHost::breaks(std::string what) {
  if (broken_.size() < 5) broken_.push_back(std::move(what));
}

void SimHost::turn() {
  std::vector<arbiter::Claim> claims;
  claims.reserve(guests_.size());
  for (const auto& guest : guests_) claims.push_back(guest->claim());
  std::optional<arbiter::HostLoad> load;
  if (load_) load = load_(now_);
  const auto began = std::chrono::steady_clock::now();
  static_cast<void>(arbiter_.turn(std::move(claims), load, now_));
  in_turns_ += std::chrono::steady_clock::now() - began;
}

void SimHost::run(Duration span) {
  std::vector<std::size_t> order(guests_.size());
  for (std::size_t index = 0; index < order.size(); ++index) order[index] = index;
  now_ = guests_.front()->now();
  for (const auto end = now_ + span; now_ < end; now_ = guests_.front()->now()) {
    turn();
    std::ranges::shuffle(order, random_);
    for (const auto index : order) guests_[index]->run(1s);
    watch();
  }
}

/// Looked at from outside, with what guests really have. They begin with what they have; from then on what is committed
/// never grows above the limit, and no guest has more than is committed to it. What changed since the ledger's last
/// turn by no resize of the host, as parked vCPUs of an agent that fell silent, is counted in its next turn.
void SimHost::watch() {
  const auto& ledger = arbiter_.ledger();
  for (const auto resource : both_resources) {
    const auto committed = ledger.committed()[resource];
    const auto most = std::max(ledger.limit()[resource], highest_[resource]);
    if (highest_[resource] > 0 && committed > most)
      breaks(fmt::format("{} of {} committed, {} is the most",
                         resource == arbiter::Resource::vcpus ? "vCPUs" : "memory", committed, most));
    highest_[resource] = committed;
  }
  std::set<std::string> over;
  for (const auto& guest : guests_) {
    const auto used = guest->used();
    auto committed = ledger.committed(guest->setup().name);
    committed.memory += block;
    if (arbiter::larger(used, committed) == committed) continue;
    over.insert(guest->setup().name);
    if (over_.contains(guest->setup().name))
      breaks(fmt::format("{} has {} vCPUs and {} bytes, and is committed to {} and {}", guest->setup().name, used.vcpus,
                         used.memory, committed.vcpus, committed.memory));
  }
  over_ = std::move(over);
  if (arbiter_.ledger().flights() > arbiter_.config().max_in_flight + guests_.size() / 4)
    breaks("too many guests change at once");
  std::map<std::string, Instant> lacking;
  for (const auto& entry : arbiter_.waiting()) {
    const auto& guest = entry.first;
    const auto& waiting = entry.second;
    const auto& entitled = arbiter_.standings().at(guest).entitled;
    const bool starves = std::ranges::any_of(both_resources, [&](const auto resource) {
      return waiting.lacking[resource] * 4 > std::min(waiting.wanted[resource], entitled[resource]);
    });
    if (!starves) continue;
    const auto before = lacking_since_.find(guest);
    lacking[guest] = before == lacking_since_.end() ? now_ : before->second;
    longest_lack_ = std::max(longest_lack_, now_ - lacking[guest]);
  }
  lacking_since_ = std::move(lacking);
}

}  // namespace dynascale::sim
