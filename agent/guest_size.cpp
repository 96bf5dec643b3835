/// The guest's size: as its kernel shows it, as the host says it, and as the applications may use it.

#include <algorithm>

#include "agent/guest_agent.hpp"

namespace dynascale::agent {

namespace asio = boost::asio;

asio::awaitable<GuestShare> GuestAgent::measured_share() {
  const std::function<Result<Topology>()> look = [this] { return system_.topology(); };
  const auto topology = co_await pool_.run<Result<Topology>>(look);
  if (!topology) {
    log_.warning("the topology cannot be read", {{"error", topology.error().what}});
    co_return told_.value_or(GuestShare{});
  }
  measured_ = {VcpuCount{static_cast<std::uint16_t>(topology->online.size())}, topology->memory_total};
  co_return of_kernel(measured_);
}

asio::awaitable<bool> GuestAgent::is_shrink(wire::ResizeIntent intent) {
  const std::function<Result<Size>()> look = [this] { return system_.size(); };
  const auto size = co_await pool_.run<Result<Size>>(look);
  if (size) measured_ = *size;
  auto now = of_kernel(measured_);
  now.size.memory = host_memory(now);
  co_return intent.vcpus < now.size.vcpus.value || Bytes::of(intent.memory_bytes) < now.size.memory;
}

GuestShare GuestAgent::of_kernel(const Size& shown) const {
  GuestShare share = told_.value_or(GuestShare{});
  share.size.vcpus = shown.vcpus;
  // With a deflating balloon MemTotal does not follow the host's word; without one it does. The smaller is true.
  share.size.memory = told_ ? std::min(told_->size.memory, shown.memory) : shown.memory;
  if (share.memory_floor == Bytes{}) share.memory_floor = share.size.memory;
  share.memory_ceiling = std::max(share.memory_ceiling, share.size.memory);
  share.vcpus_ceiling = std::max(share.vcpus_ceiling, shown.vcpus);
  return share;
}

asio::awaitable<GuestShare> GuestAgent::usable(GuestShare machine) {
  const std::function<SizeLimits()> look = [this] { return system_.limits(); };
  const auto limits = co_await pool_.run<SizeLimits>(look);
  co_return within(machine, limits);
}

Size GuestAgent::size() const {
  return {measured_.vcpus, told_ ? told_->size.memory : measured_.memory};
}

Bytes GuestAgent::host_memory(const GuestShare& measured) const {
  return told_ ? told_->size.memory : measured.size.memory;
}

}  // namespace dynascale::agent
