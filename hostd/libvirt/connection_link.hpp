#pragma once
/// What LibvirtHypervisor holds of an open connection and of a guest during one verb. Part of connection.hpp.

#include <libvirt/libvirt.h>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hostd/libvirt/connection.hpp"
#include "hostd/libvirt/errors.hpp"
#include "hostd/libvirt/events.hpp"
#include "hostd/libvirt/handles.hpp"

namespace dynascale::hostd {

struct LibvirtHypervisor::Link {
  explicit Link(virConnectPtr opened, std::shared_ptr<EventSink> to)
      : connection{opened}, sink{std::move(to)} {}
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  ~Link() {
    sink->mute();
    for (const int id : events) virConnectDomainEventDeregisterAny(connection, id);
    if (watched) unregister_close(connection);
    virConnectClose(connection);
  }
  [[nodiscard]] bool alive() const { return virConnectIsAlive(connection) == 1; }

  /// The last error; `unavailable` whatever its code when the connection is what failed.
  [[nodiscard]] tl::unexpected<Error> error(std::string_view doing) const {
    Error error = last_error(doing);
    if (error.code != Errc::permission_denied && !alive()) error.code = Errc::unavailable;
    return tl::unexpected{std::move(error)};
  }

  const virConnectPtr connection;
  const std::shared_ptr<EventSink> sink;
  std::vector<int> events;
  bool watched = false;
  unsigned long hypervisor_version = 0;
  std::atomic<bool> unplug_waits = false;  ///< The other side does not know VIR_DOMAIN_VCPU_ASYNC_UNPLUG.
};

struct LibvirtHypervisor::Guest {
  LinkPtr link;  ///< Outlives the domain.
  DomainHandle domain;
  std::string doing;  ///< For errors: "guest web1: plug vCPUs".
};

}  // namespace dynascale::hostd
