#include "tests/fakes/fake_hypervisor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace dynascale::fakes {
namespace {

/// One move of `from` towards `to`, in the guest's manner.
Bytes follow(const FakeGuest& guest, Bytes from, Bytes to, Bytes step) {
  switch (guest.follows) {
    case Follows::at_once:
      return to;
    case Follows::slowly:
      return to < from ? std::max(to, saturating_sub(from, step)) : std::min(to, saturating_add(from, step));
    case Follows::limited:
      return to < from ? std::min(from, std::max(to, guest.memory_limit)) : to;
    case Follows::stuck:
      return from;
  }
  return from;
}

hostd::VirtioMemDevice* find_device(FakeGuest& guest, const std::string& alias) {
  auto& devices = guest.description.virtio_mem;
  const auto found =
      std::find_if(devices.begin(), devices.end(), [&](const auto& d) { return d.alias == alias; });
  return found == devices.end() ? nullptr : &*found;
}

Status check_vcpus(const hostd::GuestDescription& guest, VcpuCount count) {
  if (count.value == 0) return fail(Errc::invalid_argument, "a guest needs one vCPU at least");
  if (count > guest.vcpus_maximum) {
    return fail(Errc::invalid_argument, fmt::format("{}: {} vCPUs are more than its maximum of {}",
                                                    guest.name, count, guest.vcpus_maximum));
  }
  return {};
}

}  // namespace

FakeGuest capable_guest(const std::string& name, VcpuCount plugged, VcpuCount maximum, Bytes memory) {
  FakeGuest guest;
  auto& d = guest.description;
  d.id = {fmt::format("00000000-0000-4000-8000-{:0>12}", name)};
  d.name = name;
  d.vcpus_plugged = plugged;
  d.vcpus_maximum = maximum;
  d.vcpus_not_unpluggable = {VcpuIndex{0}};
  d.memory_boot = memory;
  d.memory_current = memory;
  d.has_balloon = true;
  d.virtio_mem = {
      {.alias = "virtiomem0", .size = memory, .block = Bytes::mib(2), .requested = {}, .current = {}}};
  d.channel_path = "/nonexistent/" + name + ".agent";
  return guest;
}

void FakeHypervisor::add(FakeGuest guest) {
  const hostd::GuestId id = guest.description.id;
  {
    const std::scoped_lock guard{lock_};
    State state;
    state.balloon_target = guest.description.memory_current;
    state.counted_at = clock_.now();
    state.guest = std::move(guest);
    guests_.insert_or_assign(id.uuid, std::move(state));
  }
  emit(id, hostd::GuestEventKind::started, "");
}

void FakeHypervisor::remove(const hostd::GuestId& guest) {
  {
    const std::scoped_lock guard{lock_};
    guests_.erase(guest.uuid);
  }
  emit(guest, hostd::GuestEventKind::stopped, "removed");
}

void FakeHypervisor::reboot(const hostd::GuestId& guest) {
  {
    const std::scoped_lock guard{lock_};
    const auto found = guests_.find(guest.uuid);
    if (found == guests_.end()) return;
    for (auto& device : found->second.guest.description.virtio_mem) device.current = Bytes{};
  }
  emit(guest, hostd::GuestEventKind::rebooted, "");
}

void FakeHypervisor::change(const hostd::GuestId& guest, const std::function<void(FakeGuest&)>& edit) {
  {
    const std::scoped_lock guard{lock_};
    const auto found = guests_.find(guest.uuid);
    if (found == guests_.end()) return;
    (void)stats_of(found->second);  // counts CPU time at the old rate
    edit(found->second.guest);
  }
  emit(guest, hostd::GuestEventKind::changed, "");
}

FakeGuest FakeHypervisor::guest(const hostd::GuestId& guest) const {
  const std::scoped_lock guard{lock_};
  return guests_.at(guest.uuid).guest;
}

void FakeHypervisor::on_event(hostd::GuestEventHandler handler) {
  const std::scoped_lock guard{lock_};
  handler_ = std::move(handler);
}

void FakeHypervisor::fail_next(Verb verb, Error error, unsigned times) {
  const std::scoped_lock guard{lock_};
  faults_[verb] = {std::move(error), times};
}

void FakeHypervisor::before_call(std::function<void(const FakeCall&)> hook) {
  const std::scoped_lock guard{lock_};
  hook_ = std::move(hook);
}

void FakeHypervisor::step() {
  const std::scoped_lock guard{lock_};
  for (auto& [uuid, state] : guests_) {
    auto& description = state.guest.description;
    if (const auto late = std::exchange(state.late_unplug, std::nullopt)) description.vcpus_plugged = *late;
    if (state.guest.follows != Follows::slowly) continue;
    const Bytes step = state.guest.memory_step;
    description.memory_current = follow(state.guest, description.memory_current, state.balloon_target, step);
    for (auto& device : description.virtio_mem) {
      device.current = follow(state.guest, device.current, device.requested, step);
    }
  }
}

std::vector<FakeCall> FakeHypervisor::calls() const {
  const std::scoped_lock guard{lock_};
  return calls_;
}

std::size_t FakeHypervisor::count(Verb verb) const {
  const std::scoped_lock guard{lock_};
  return static_cast<std::size_t>(
      std::count_if(calls_.begin(), calls_.end(), [&](const FakeCall& call) { return call.verb == verb; }));
}

Status FakeHypervisor::begin(FakeCall call) {
  std::unique_lock guard{lock_};
  calls_.push_back(call);
  const auto hook = hook_;
  guard.unlock();
  if (hook) hook(call);
  guard.lock();
  const auto fault = faults_.find(call.verb);
  if (fault == faults_.end()) return {};
  const Error error = fault->second.first;
  if (fault->second.second <= 1) {
    faults_.erase(fault);
  } else {
    --fault->second.second;
  }
  return fail(error.code, error.what);
}

Result<FakeHypervisor::State*> FakeHypervisor::find(const hostd::GuestId& guest) {
  const auto found = guests_.find(guest.uuid);
  if (found == guests_.end())
    return fail(Errc::not_found, fmt::format("guest {}: there is no such guest", guest.uuid));
  return &found->second;
}

void FakeHypervisor::emit(const hostd::GuestId& guest, hostd::GuestEventKind kind,
                          const std::string& detail) const {
  std::unique_lock guard{lock_};
  const auto handler = handler_;
  guard.unlock();
  if (handler) handler({guest, kind, detail});
}

hostd::GuestStats FakeHypervisor::stats_of(State& state) const {
  const Instant now = clock_.now();
  state.used_ns +=
      state.guest.busy_vcpus * std::chrono::duration<double, std::nano>(now - state.counted_at).count();
  state.counted_at = now;
  const auto& d = state.guest.description;
  hostd::GuestStats stats;
  stats.id = d.id;
  stats.name = d.name;
  stats.state = state.guest.state;
  stats.vcpus_plugged = d.vcpus_plugged;
  stats.vcpus_maximum = d.vcpus_maximum;
  const auto share =
      static_cast<std::uint64_t>(state.used_ns) / std::max<std::uint64_t>(1, d.vcpus_plugged.value);
  stats.vcpus.assign(d.vcpus_plugged.value, {.time_ns = share, .delay_ns = 0});
  stats.balloon_current = d.memory_current;
  stats.balloon_maximum = d.memory_boot;
  if (state.statistics_on) {
    stats.available = d.memory_current;
    stats.usable = state.guest.usable;
  }
  return stats;
}

Result<hostd::HostInfo> FakeHypervisor::host() {
  if (auto begun = begin({Verb::host, "", 0}); !begun) return tl::unexpected{begun.error()};
  return host_info;
}

Result<std::vector<hostd::GuestStats>> FakeHypervisor::statistics() {
  if (auto begun = begin({Verb::statistics, "", 0}); !begun) return tl::unexpected{begun.error()};
  const std::scoped_lock guard{lock_};
  std::vector<hostd::GuestStats> all;
  for (auto& [uuid, state] : guests_) all.push_back(stats_of(state));
  return all;
}

Result<hostd::GuestDescription> FakeHypervisor::describe(const hostd::GuestId& guest) {
  if (auto begun = begin({Verb::describe, guest.uuid, 0}); !begun) return tl::unexpected{begun.error()};
  const std::scoped_lock guard{lock_};
  auto state = find(guest);
  if (!state) return tl::unexpected{state.error()};
  return (*state)->guest.description;
}

Status FakeHypervisor::enable_statistics(const hostd::GuestId& guest, std::chrono::seconds period) {
  const auto seconds = static_cast<std::uint64_t>(period.count());
  if (auto begun = begin({Verb::enable_statistics, guest.uuid, seconds}); !begun) return begun;
  const std::scoped_lock guard{lock_};
  auto state = find(guest);
  if (!state) return tl::unexpected{state.error()};
  if (!(*state)->guest.description.has_balloon) return fail(Errc::unsupported, "the guest has no balloon");
  (*state)->statistics_on = true;
  return {};
}

Status FakeHypervisor::plug_vcpus(const hostd::GuestId& guest, VcpuCount count) {
  if (auto begun = begin({Verb::plug_vcpus, guest.uuid, count.value}); !begun) return begun;
  const std::scoped_lock guard{lock_};
  auto state = find(guest);
  if (!state) return tl::unexpected{state.error()};
  auto& description = (*state)->guest.description;
  if (auto valid = check_vcpus(description, count); !valid) return valid;
  description.vcpus_plugged = std::max(description.vcpus_plugged, count);
  return {};
}

Status FakeHypervisor::unplug_vcpus(const hostd::GuestId& guest, VcpuCount count) {
  if (auto begun = begin({Verb::unplug_vcpus, guest.uuid, count.value}); !begun) return begun;
  const std::scoped_lock guard{lock_};
  auto state = find(guest);
  if (!state) return tl::unexpected{state.error()};
  auto& description = (*state)->guest.description;
  if (auto valid = check_vcpus(description, count); !valid) return valid;
  if (count >= description.vcpus_plugged) return {};
  switch ((*state)->guest.unplug) {
    case Unplug::completes:
      description.vcpus_plugged = count;
      return {};
    case Unplug::times_out_then_completes:
      (*state)->late_unplug = count;
      [[fallthrough]];
    case Unplug::times_out_for_ever:
      return fail(Errc::timeout, fmt::format("{}: vCPU unplug was not confirmed in time", description.name));
    case Unplug::unsupported:
      break;
  }
  return fail(Errc::unsupported,
              fmt::format("{}: hard unplug does not complete here; park instead", description.name));
}

Status FakeHypervisor::set_balloon(const hostd::GuestId& guest, Bytes target) {
  if (auto begun = begin({Verb::set_balloon, guest.uuid, target.count()}); !begun) return begun;
  const std::scoped_lock guard{lock_};
  auto found = find(guest);
  if (!found) return tl::unexpected{found.error()};
  State& state = **found;
  auto& description = state.guest.description;
  if (!description.has_balloon) return fail(Errc::unsupported, "the guest has no balloon");
  if (target == Bytes{} || target > description.memory_boot) {
    return fail(Errc::invalid_argument, fmt::format("{}: {} is outside of 1 KiB … {}", description.name,
                                                    target, description.memory_boot));
  }
  state.balloon_target = target;
  if (state.guest.follows != Follows::slowly) {
    description.memory_current = follow(state.guest, description.memory_current, target, Bytes{});
  }
  return {};
}

Status FakeHypervisor::set_virtio_mem(const hostd::GuestId& guest, const std::string& alias,
                                      Bytes requested) {
  if (auto begun = begin({Verb::set_virtio_mem, guest.uuid, requested.count()}); !begun) return begun;
  const std::scoped_lock guard{lock_};
  auto found = find(guest);
  if (!found) return tl::unexpected{found.error()};
  State& state = **found;
  auto* device = find_device(state.guest, alias);
  if (device == nullptr) return fail(Errc::not_found, fmt::format("no memory device {}", alias));
  if (requested > device->size || requested.floor_to(device->block) != requested) {
    return fail(Errc::invalid_argument, fmt::format("{}: {} is no multiple of {} up to {}", alias, requested,
                                                    device->block, device->size));
  }
  device->requested = requested;
  if (state.guest.follows != Follows::slowly)
    device->current = follow(state.guest, device->current, requested, Bytes{});
  return {};
}

Result<hostd::GuestVcpus> FakeHypervisor::guest_vcpus(const hostd::GuestId& guest) {
  if (auto begun = begin({Verb::guest_vcpus, guest.uuid}); !begun) return tl::unexpected{begun.error()};
  const std::scoped_lock guard{lock_};
  auto found = find(guest);
  if (!found) return tl::unexpected{found.error()};
  const auto& known = (*found)->guest;
  if (!known.description.has_guest_agent) return fail(Errc::unsupported, "QEMU guest agent is not configured");
  if (known.agent == GuestAgent::hangs) return fail(Errc::timeout, "Guest agent is not responding");
  hostd::GuestVcpus vcpus;
  for (std::uint16_t i = 0; i < known.description.vcpus_plugged.value; ++i) {
    vcpus.present.push_back(VcpuIndex{i});
    if (i < known.online.value) vcpus.online.push_back(VcpuIndex{i});
    if (i > 0) vcpus.offlinable.push_back(VcpuIndex{i});
  }
  return vcpus;
}

Result<hostd::GuestVcpus> FakeHypervisor::set_guest_vcpus(const hostd::GuestId& guest, VcpuCount count) {
  if (auto begun = begin({Verb::set_guest_vcpus, guest.uuid, count.value}); !begun)
    return tl::unexpected{begun.error()};
  {
    const std::scoped_lock guard{lock_};
    auto found = find(guest);
    if (!found) return tl::unexpected{found.error()};
    auto& known = (*found)->guest;
    if (known.agent == GuestAgent::obeys)
      known.online = std::clamp(count, VcpuCount{1}, known.description.vcpus_plugged);
  }
  return guest_vcpus(guest);
}

Status FakeHypervisor::keep_size(const hostd::GuestId& guest, const Size& size) {
  if (auto begun = begin({Verb::keep_size, guest.uuid, size.vcpus.value}); !begun) return begun;
  const std::scoped_lock guard{lock_};
  auto found = find(guest);
  if (!found) return tl::unexpected{found.error()};
  (*found)->guest.kept = size;
  return {};
}

Status FakeHypervisor::set_policy(const hostd::GuestId& guest, const std::string& xml) {
  if (auto begun = begin({Verb::set_policy, guest.uuid, xml.size()}); !begun) return begun;
  const std::scoped_lock guard{lock_};
  auto found = find(guest);
  if (!found) return tl::unexpected{found.error()};
  (*found)->guest.description.policy_xml = xml;
  return {};
}

}  // namespace dynascale::fakes
