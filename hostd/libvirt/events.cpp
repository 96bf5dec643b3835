#include "hostd/libvirt/events.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/asio/post.hpp>
#include <utility>

#include "hostd/libvirt/errors.hpp"

namespace dynascale::hostd {
namespace {

using SinkPtr = std::shared_ptr<EventSink>;

EventSink& sink_of(void* opaque) {
  return **static_cast<SinkPtr*>(opaque);
}
void release_sink(void* opaque) {
  delete static_cast<SinkPtr*>(opaque);
}

int on_lifecycle(virConnectPtr, virDomainPtr domain, int event, int detail, void* opaque) {
  auto meaning = meaning_of(event, detail);
  sink_of(opaque).event(domain, meaning.kind, std::move(meaning.detail));
  return 0;
}
void on_reboot(virConnectPtr, virDomainPtr domain, void* opaque) {
  sink_of(opaque).event(domain, GuestEventKind::rebooted, "");
}
void on_balloon(virConnectPtr, virDomainPtr domain, unsigned long long actual_kib, void* opaque) {
  sink_of(opaque).event(domain, GuestEventKind::balloon, fmt::format("{}", Bytes::kib(actual_kib)));
}
void on_device_added(virConnectPtr, virDomainPtr domain, const char* alias, void* opaque) {
  sink_of(opaque).event(domain, GuestEventKind::device, fmt::format("{} added", alias));
}
void on_device_removed(virConnectPtr, virDomainPtr domain, const char* alias, void* opaque) {
  sink_of(opaque).event(domain, GuestEventKind::device, fmt::format("{} removed", alias));
}
void on_removal_failed(virConnectPtr, virDomainPtr domain, const char* alias, void* opaque) {
  sink_of(opaque).event(domain, GuestEventKind::device,
                        fmt::format("{} not removed: the guest refused", alias));
}
void on_memory_size(virConnectPtr, virDomainPtr domain, const char* alias, unsigned long long kib,
                    void* opaque) {
  sink_of(opaque).event(domain, GuestEventKind::device, fmt::format("{} is {}", alias, Bytes::kib(kib)));
}
void on_agent(virConnectPtr, virDomainPtr domain, int state, int, void* opaque) {
  const bool here = state == VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_CONNECTED;
  sink_of(opaque).event(domain, GuestEventKind::changed,
                        here ? "qemu-guest-agent came" : "qemu-guest-agent left");
}
void on_metadata(virConnectPtr, virDomainPtr domain, int, const char* space, void* opaque) {
  sink_of(opaque).event(domain, GuestEventKind::changed,
                        fmt::format("metadata {}", space == nullptr ? "" : space));
}
void on_job(virConnectPtr, virDomainPtr domain, virTypedParameterPtr, int, void* opaque) {
  sink_of(opaque).event(domain, GuestEventKind::changed, "job completed");
}
void on_migration(virConnectPtr, virDomainPtr domain, int iteration, void* opaque) {
  sink_of(opaque).event(domain, GuestEventKind::changed, fmt::format("migrating, round {}", iteration));
}

#if LIBVIR_VERSION_NUMBER >= 12'004'000
void on_vcpu_removed(virConnectPtr, virDomainPtr domain, unsigned vcpu, void* opaque) {
  sink_of(opaque).event(domain, GuestEventKind::device, fmt::format("vCPU {} removed", vcpu));
}
#endif

void on_close(virConnectPtr, int reason, void* opaque) {
  switch (reason) {
    case VIR_CONNECT_CLOSE_REASON_EOF:
      return sink_of(opaque).lost("libvirt closed the connection");
    case VIR_CONNECT_CLOSE_REASON_KEEPALIVE:
      return sink_of(opaque).lost("libvirt did not answer keepalive");
    case VIR_CONNECT_CLOSE_REASON_CLIENT:
      return;  // our own virConnectClose
    default:
      return sink_of(opaque).lost("the connection to libvirt broke");
  }
}

struct Registration {
  int event;
  virConnectDomainEventGenericCallback callback;
};

/// libvirt's own way to pass callbacks of different types is this cast (VIR_DOMAIN_EVENT_CALLBACK); by way of
/// void(), which compilers take as "the type is known elsewhere".
template <class Callback>
virConnectDomainEventGenericCallback generic(Callback callback) {
  return reinterpret_cast<virConnectDomainEventGenericCallback>(reinterpret_cast<void (*)()>(callback));
}

std::string stop_reason(int detail) {
  switch (detail) {
    case VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN:
      return "shut down";
    case VIR_DOMAIN_EVENT_STOPPED_DESTROYED:
      return "destroyed";
    case VIR_DOMAIN_EVENT_STOPPED_CRASHED:
      return "crashed";
    case VIR_DOMAIN_EVENT_STOPPED_MIGRATED:
      return "migrated away";
    case VIR_DOMAIN_EVENT_STOPPED_SAVED:
      return "saved";
    case VIR_DOMAIN_EVENT_STOPPED_FAILED:
      return "QEMU failed";
    default:
      return "stopped";
  }
}

}  // namespace

LifecycleMeaning meaning_of(int event, int detail) {
  switch (event) {
    case VIR_DOMAIN_EVENT_STARTED:
      if (detail == VIR_DOMAIN_EVENT_STARTED_MIGRATED)
        return {GuestEventKind::migrated, "arrived by migration"};
      return {GuestEventKind::started, detail == VIR_DOMAIN_EVENT_STARTED_RESTORED ? "restored" : ""};
    case VIR_DOMAIN_EVENT_SUSPENDED:
      return {GuestEventKind::paused, detail == VIR_DOMAIN_EVENT_SUSPENDED_MIGRATED ? "for migration" : ""};
    case VIR_DOMAIN_EVENT_PMSUSPENDED:
      return {GuestEventKind::paused, "the guest sleeps"};
    case VIR_DOMAIN_EVENT_CRASHED:
      return {GuestEventKind::paused, "the guest's kernel crashed"};
    case VIR_DOMAIN_EVENT_RESUMED:
      return {GuestEventKind::resumed, detail == VIR_DOMAIN_EVENT_RESUMED_MIGRATED ? "after migration" : ""};
    case VIR_DOMAIN_EVENT_STOPPED:
      return {GuestEventKind::stopped, stop_reason(detail)};
    case VIR_DOMAIN_EVENT_SHUTDOWN:
      return {GuestEventKind::changed, "shutting down"};
    case VIR_DOMAIN_EVENT_DEFINED:
      return {GuestEventKind::changed, "defined"};
    case VIR_DOMAIN_EVENT_UNDEFINED:
      return {GuestEventKind::changed, "undefined"};
    default:
      return {GuestEventKind::changed, fmt::format("lifecycle event {}", event)};
  }
}

void EventSink::event(virDomainPtr domain, GuestEventKind kind, std::string detail) {
  std::array<char, VIR_UUID_STRING_BUFLEN> uuid{};
  if (muted_ || virDomainGetUUIDString(domain, uuid.data()) < 0) return;
  GuestEvent event{{uuid.data()}, kind, std::move(detail)};
  boost::asio::post(io_, [self = shared_from_this(), event = std::move(event)] {
    if (!self->muted_ && self->on_event_) self->on_event_(event);
  });
}

void EventSink::lost(std::string why) {
  boost::asio::post(io_, [self = shared_from_this(), why = std::move(why)] {
    if (!self->muted_ && self->on_lost_) self->on_lost_(why);
  });
}

Result<std::vector<int>> register_events(virConnectPtr connection, const SinkPtr& sink) {
  const auto all = std::to_array<Registration>({
      {VIR_DOMAIN_EVENT_ID_LIFECYCLE, generic(on_lifecycle)},
      {VIR_DOMAIN_EVENT_ID_REBOOT, on_reboot},
      {VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE, generic(on_balloon)},
      {VIR_DOMAIN_EVENT_ID_DEVICE_ADDED, generic(on_device_added)},
      {VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, generic(on_device_removed)},
      {VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED, generic(on_removal_failed)},
      {VIR_DOMAIN_EVENT_ID_MEMORY_DEVICE_SIZE_CHANGE, generic(on_memory_size)},
      {VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE, generic(on_agent)},
      {VIR_DOMAIN_EVENT_ID_METADATA_CHANGE, generic(on_metadata)},
      {VIR_DOMAIN_EVENT_ID_JOB_COMPLETED, generic(on_job)},
      {VIR_DOMAIN_EVENT_ID_MIGRATION_ITERATION, generic(on_migration)},
#if LIBVIR_VERSION_NUMBER >= 12'004'000
      {VIR_DOMAIN_EVENT_ID_VCPU_REMOVED, generic(on_vcpu_removed)},
#endif
  });
  std::vector<int> ids;
  for (const auto& one : all) {
    auto opaque = std::make_unique<SinkPtr>(sink);
    const int id = virConnectDomainEventRegisterAny(connection, nullptr, one.event, one.callback,
                                                    opaque.get(), release_sink);
    if (id >= 0) {
      (void)opaque.release();  // libvirt frees it
      ids.push_back(id);
    } else if (one.event == VIR_DOMAIN_EVENT_ID_LIFECYCLE) {
      return tl::unexpected{last_error("register for lifecycle events")};
    }
  }
  return ids;
}

Status register_close(virConnectPtr connection, const SinkPtr& sink) {
  auto opaque = std::make_unique<SinkPtr>(sink);
  if (virConnectRegisterCloseCallback(connection, on_close, opaque.get(), release_sink) < 0) {
    return tl::unexpected{last_error("watch the connection")};
  }
  (void)opaque.release();  // libvirt frees it
  return {};
}

void unregister_close(virConnectPtr connection) {
  virConnectUnregisterCloseCallback(connection, on_close);
}

}  // namespace dynascale::hostd
