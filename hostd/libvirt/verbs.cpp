// The verbs of LibvirtHypervisor that read and change guests.

#include <fmt/format.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include <array>
#include <set>
#include <span>
#include <utility>

#include "hostd/libvirt/connection.hpp"
#include "hostd/libvirt/connection_link.hpp"
#include "hostd/libvirt/domain_xml.hpp"
#include "hostd/libvirt/policy_metadata.hpp"
#include "hostd/libvirt/statistics.hpp"

namespace dynascale::hostd {
namespace {

/// QEMU before 10 corrupts its heap after a vCPU unplug under emulation, and later dies of it.
constexpr unsigned long emulated_unplug_since =
    10'000'000;  // libvirt's form: major·10⁶ + minor·10³ + release

constexpr unsigned all_groups = VIR_DOMAIN_STATS_STATE | VIR_DOMAIN_STATS_VCPU | VIR_DOMAIN_STATS_BALLOON;
constexpr unsigned groups_without_asking = VIR_DOMAIN_STATS_STATE;  ///< What libvirt knows by itself.
/// Calls for all guests' statistics that may be held by QEMUs that have stopped; libvirtd reads no more from a client
/// that waits for five answers.
constexpr unsigned most_asking = 2;

/// Counts the calls that run beside this one.
struct Asking {
  explicit Asking(std::atomic<unsigned>& all) : calls{all}, before{calls++} {}
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;
  ~Asking() { --calls; }
  std::atomic<unsigned>& calls;
  const unsigned before;
};

/// Longer than any command to a QEMU that runs takes.
constexpr unsigned long long occupied_too_long_ms = 2000;

#if LIBVIR_VERSION_NUMBER >= 12'004'000
constexpr unsigned unplug_flags = VIR_DOMAIN_VCPU_LIVE | VIR_DOMAIN_VCPU_ASYNC_UNPLUG;
#else
constexpr unsigned unplug_flags = VIR_DOMAIN_VCPU_LIVE;
#endif

}  // namespace

Result<int> LibvirtHypervisor::read_all(const LinkPtr& link, unsigned groups, virDomainStatsRecordPtr*& records) {
  constexpr unsigned active = VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE;
  int count = -1;
  if (!statistics_without_nowait_) {
    count = virConnectGetAllDomainStats(link->connection, groups, &records,
                                        active | VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT);
    const virError* error = count < 0 ? virGetLastError() : nullptr;
    if (error != nullptr && error->code == VIR_ERR_INVALID_ARG) statistics_without_nowait_ = true;
  }
  if (statistics_without_nowait_) count = virConnectGetAllDomainStats(link->connection, groups, &records, active);
  if (count < 0) return link->error("read the statistics of all guests");
  return count;
}

/// A QEMU that has stopped holds the call that asks it, until it goes on; NOWAIT passes over it in the calls after.
Result<std::vector<GuestStats>> LibvirtHypervisor::statistics() {
  auto connected = link();
  if (!connected) return tl::unexpected{connected.error()};
  const Asking asking{asking_all_};
  const unsigned groups = asking.before < most_asking ? all_groups : groups_without_asking;
  virDomainStatsRecordPtr* records = nullptr;
  const auto count = read_all(*connected, groups, records);
  if (!count) return tl::unexpected{count.error()};
  const StatsHandle owner{records};
  std::vector<GuestStats> all;
  for (const auto* record : std::span{records, static_cast<std::size_t>(*count)}) {
    GuestStats stats = parse_statistics({record->params, static_cast<std::size_t>(record->nparams)});
    std::array<char, VIR_UUID_STRING_BUFLEN> uuid{};
    if (virDomainGetUUIDString(record->dom, uuid.data()) < 0) continue;
    stats.id = {uuid.data()};
    stats.name = virDomainGetName(record->dom);
    if (has_virtio_mem(stats.id).value_or(true))
      take_balloon_from_description(*connected, record->dom, stats);
    all.push_back(std::move(stats));
  }
  forget_all_but(all);
  return all;
}

void LibvirtHypervisor::forget_all_but(const std::vector<GuestStats>& guests) const {
  std::set<std::string> present;
  for (const auto& stats : guests) present.insert(stats.id.uuid);
  const std::scoped_lock guard{lock_};
  std::erase_if(has_virtio_mem_, [&](const auto& known) { return !present.contains(known.first); });
}

Result<GuestDescription> LibvirtHypervisor::describe(const GuestId& guest) {
  auto found = find(guest, "read its description");
  if (!found) return tl::unexpected{found.error()};
  return describe(*found);
}

Result<GuestDescription> LibvirtHypervisor::describe(const Guest& guest) const {
  const TextHandle xml{virDomainGetXMLDesc(guest.domain.get(), 0)};
  if (!xml) return guest.link->error(guest.doing);
  auto description = parse_domain(xml.get());
  if (description) {
    const std::scoped_lock guard{lock_};
    has_virtio_mem_[description->id.uuid] = !description->virtio_mem.empty();
  }
  return description;
}

std::optional<bool> LibvirtHypervisor::has_virtio_mem(const GuestId& guest) const {
  const std::scoped_lock guard{lock_};
  const auto known = has_virtio_mem_.find(guest.uuid);
  return known == has_virtio_mem_.end() ? std::nullopt : std::optional{known->second};
}

/// libvirt adds what virtio-mem has plugged to balloon.current, and its full size to balloon.maximum. Only
/// the XML tells the parts; reading it never waits for a guest.
void LibvirtHypervisor::take_balloon_from_description(const LinkPtr& link, _virDomain* domain,
                                                      GuestStats& stats) const {
  stats.balloon_current.reset();
  stats.balloon_maximum.reset();
  virDomainRef(domain);
  const Guest guest{link, DomainHandle{domain}, "read its description"};
  const auto description = describe(guest);
  if (!description || !description->has_balloon) return;
  stats.balloon_current = description->memory_current;
  stats.balloon_maximum = description->memory_boot;
}

Status LibvirtHypervisor::enable_statistics(const GuestId& guest, std::chrono::seconds period) {
  auto found = find_idle(guest, "turn on memory statistics");
  if (!found) return tl::unexpected{found.error()};
  if (period.count() <= 0 || period > std::chrono::hours{1}) {
    return fail(Errc::invalid_argument,
                fmt::format("{}: a period of {} s is not between 1 s and 1 h", found->doing, period.count()));
  }
  const auto description = describe(*found);
  if (!description) return tl::unexpected{description.error()};
  if (!description->has_balloon) return fail(Errc::unsupported, found->doing + ": it has no balloon");
  if (virDomainSetMemoryStatsPeriod(found->domain.get(), static_cast<int>(period.count()),
                                    VIR_DOMAIN_AFFECT_LIVE) < 0) {
    return found->link->error(found->doing);
  }
  return {};
}

/// Hands off while libvirt waits for the guest's QEMU, or migrates, saves, snapshots or dumps the guest: it would let
/// the call wait for half a minute, then refuse it. What it says of its waiting comes at once, so that is asked first.
Result<LibvirtHypervisor::Guest> LibvirtHypervisor::find_idle(const GuestId& guest, std::string_view doing) const {
  auto found = find(guest, doing);
  if (!found) return found;
  virDomainControlInfo control{};
  if (virDomainGetControlInfo(found->domain.get(), &control, 0) == 0 &&
      control.state == VIR_DOMAIN_CONTROL_OCCUPIED && control.stateTime >= occupied_too_long_ms)
    return fail(Errc::unavailable, fmt::format("{}: its QEMU has not answered libvirt for {} s: it hangs", found->doing,
                                               control.stateTime / 1000));
  virDomainJobInfo job{};
  if (virDomainGetJobInfo(found->domain.get(), &job) < 0) return found;  // Some drivers know no jobs.
  if (job.type != VIR_DOMAIN_JOB_BOUNDED && job.type != VIR_DOMAIN_JOB_UNBOUNDED) return found;
  return fail(Errc::unavailable,
              found->doing + ": libvirt runs a job on it (a migration, save, snapshot or dump), which must end first");
}

Status LibvirtHypervisor::set_vcpus(const Guest& guest, VcpuCount count) const {
  if (virDomainSetVcpusFlags(guest.domain.get(), count.value, VIR_DOMAIN_VCPU_LIVE) < 0) {
    return guest.link->error(guest.doing);
  }
  return {};
}

/// libvirt from 12.4 on hands the request over and tells the outcome by an event. Older ones wait 5 s for it and refuse
/// the flag, as drivers do that know nothing of it; a second call tells that from a count that is refused.
Status LibvirtHypervisor::request_unplug(const Guest& guest, VcpuCount count) const {
  const bool asynchronous = unplug_flags != VIR_DOMAIN_VCPU_LIVE && !guest.link->unplug_waits;
  if (!asynchronous) return set_vcpus(guest, count);
  if (virDomainSetVcpusFlags(guest.domain.get(), count.value, unplug_flags) >= 0) return {};
  const virError* error = virGetLastError();
  if (error == nullptr || error->code != VIR_ERR_INVALID_ARG) return guest.link->error(guest.doing);
  const auto done = set_vcpus(guest, count);
  if (done || done.error().code != Errc::invalid_argument) guest.link->unplug_waits = true;
  return done;
}

Status LibvirtHypervisor::plug_vcpus(const GuestId& guest, VcpuCount count) {
  auto found = find_idle(guest, fmt::format("plug up to {} vCPUs", count));
  if (!found) return tl::unexpected{found.error()};
  const auto description = describe(*found);
  if (!description) return tl::unexpected{description.error()};
  if (count.value == 0 || count > description->vcpus_maximum) {
    return fail(Errc::invalid_argument,
                fmt::format("{}: it takes 1 to {}", found->doing, description->vcpus_maximum));
  }
  if (count <= description->vcpus_plugged) return {};
  return set_vcpus(*found, count);
}

Status LibvirtHypervisor::unplug_vcpus(const GuestId& guest, VcpuCount count) {
  auto found = find_idle(guest, fmt::format("unplug down to {} vCPUs", count));
  if (!found) return tl::unexpected{found.error()};
  const auto description = describe(*found);
  if (!description) return tl::unexpected{description.error()};
  if (count.value == 0)
    return fail(Errc::invalid_argument, found->doing + ": a guest needs one vCPU at least");
  if (count >= description->vcpus_plugged) return {};
  if (description->emulated && found->link->hypervisor_version < emulated_unplug_since) {
    return fail(Errc::unsupported,
                found->doing + ": QEMU before 10 breaks on it under emulation; park them instead");
  }
  if (description->vcpus_not_unpluggable.size() > count.value) {
    return fail(
        Errc::unsupported,
        fmt::format("{}: {} of them are there since boot without hotpluggable='yes'; park them instead",
                    found->doing, description->vcpus_not_unpluggable.size()));
  }
  return request_unplug(*found, count);
}

Status LibvirtHypervisor::set_balloon(const GuestId& guest, Bytes target) {
  auto found = find_idle(guest, fmt::format("set the balloon to {}", target));
  if (!found) return tl::unexpected{found.error()};
  const auto description = describe(*found);
  if (!description) return tl::unexpected{description.error()};
  if (!description->has_balloon) return fail(Errc::unsupported, found->doing + ": it has no balloon");
  if (target < Bytes::kib(1) || target > description->memory_boot) {
    return fail(Errc::invalid_argument,
                fmt::format("{}: it takes 1 KiB to {}", found->doing, description->memory_boot));
  }
  const auto kib = static_cast<unsigned long>(target.floor_kib());
  if (virDomainSetMemoryFlags(found->domain.get(), kib, VIR_DOMAIN_AFFECT_LIVE) < 0) {
    return found->link->error(found->doing);
  }
  return {};
}

Status LibvirtHypervisor::set_virtio_mem(const GuestId& guest, const std::string& alias, Bytes requested) {
  auto found = find_idle(guest, fmt::format("resize {} to {}", alias, requested));
  if (!found) return tl::unexpected{found.error()};
  const TextHandle xml{virDomainGetXMLDesc(found->domain.get(), 0)};
  if (!xml) return found->link->error(found->doing);
  const auto update = virtio_mem_update(xml.get(), alias, requested);
  if (!update) return tl::unexpected{update.error()};
  if (virDomainUpdateDeviceFlags(found->domain.get(), update->c_str(), VIR_DOMAIN_DEVICE_MODIFY_LIVE) < 0) {
    return found->link->error(found->doing);
  }
  return {};
}

Status LibvirtHypervisor::set_policy(const GuestId& guest, const std::string& xml) {
  auto found = find(guest, "write its policy");
  if (!found) return tl::unexpected{found.error()};
  virDomainPtr domain = found->domain.get();
  const int kept = virDomainIsPersistent(domain);
  if (kept < 0) return found->link->error(found->doing);
  unsigned flags = VIR_DOMAIN_AFFECT_LIVE;
  if (kept == 1) flags |= VIR_DOMAIN_AFFECT_CONFIG;
  const std::string space{policy_namespace};
  const auto plain = plain_policy(xml);
  const int done = virDomainSetMetadata(domain, VIR_DOMAIN_METADATA_ELEMENT, xml.empty() ? nullptr : plain.c_str(),
                                        xml.empty() ? nullptr : "dyn", space.c_str(), flags);
  if (done < 0) return found->link->error(found->doing);
  return {};
}

}  // namespace dynascale::hostd
