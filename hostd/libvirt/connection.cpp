#include "hostd/libvirt/connection.hpp"

#include <fmt/format.h>
#include <libvirt/libvirt.h>

#include <array>
#include <utility>

#include "hostd/libvirt/connection_link.hpp"
#include "hostd/libvirt/errors.hpp"
#include "hostd/libvirt/events.hpp"

namespace dynascale::hostd {
namespace {

std::string version_text(unsigned long version) {
  return fmt::format("{}.{}.{}", version / 1'000'000, version / 1'000 % 1'000, version % 1'000);
}

}  // namespace

LibvirtHypervisor::LibvirtHypervisor(boost::asio::io_context& io, LibvirtOptions options,
                                     LibvirtHandlers handlers)
    : io_{io}, options_{std::move(options)}, handlers_{std::move(handlers)} {
  silence_libvirt();
}

LibvirtHypervisor::~LibvirtHypervisor() {
  close();
}

Status LibvirtHypervisor::connect() {
  close();
  const std::string doing = fmt::format("connect to libvirt at {}", options_.uri);
  virConnectPtr opened = virConnectOpen(options_.uri.c_str());
  if (opened == nullptr) {
    Error error = last_error(doing);
    // A daemon that is not there is a failed system call to libvirt.
    if (error.code == Errc::io) error.code = Errc::unavailable;
    return tl::unexpected{std::move(error)};
  }
  auto link =
      std::make_shared<Link>(opened, std::make_shared<EventSink>(io_, handlers_.event, handlers_.lost));
  // Drivers inside this process know neither of the two, and cannot break.
  link->watched = register_close(opened, link->sink).has_value();
  (void)virConnectSetKeepAlive(opened, static_cast<int>(options_.keepalive_interval.count()),
                               options_.keepalive_count);
  auto events = register_events(opened, link->sink);
  if (!events) return tl::unexpected{events.error()};
  link->events = std::move(*events);
  if (virConnectGetVersion(opened, &link->hypervisor_version) < 0) return link->error(doing);
  const std::scoped_lock guard{lock_};
  link_ = std::move(link);
  return {};
}

void LibvirtHypervisor::close() {
  LinkPtr old;
  const std::scoped_lock guard{lock_};
  old.swap(link_);
  if (old) old->sink->mute();
}

bool LibvirtHypervisor::connected() const {
  const std::scoped_lock guard{lock_};
  return link_ && link_->alive();
}

Result<LibvirtHypervisor::LinkPtr> LibvirtHypervisor::link() const {
  const std::scoped_lock guard{lock_};
  if (!link_ || !link_->alive()) {
    return fail(Errc::unavailable, fmt::format("there is no connection to libvirt at {}", options_.uri));
  }
  return link_;
}

Result<LibvirtHypervisor::Guest> LibvirtHypervisor::find(const GuestId& guest, std::string_view doing) const {
  auto connected = link();
  if (!connected) return tl::unexpected{connected.error()};
  Guest found;
  found.link = std::move(*connected);
  found.doing = fmt::format("guest {}: {}", guest.uuid, doing);
  found.domain.reset(virDomainLookupByUUIDString(found.link->connection, guest.uuid.c_str()));
  if (!found.domain) return found.link->error(found.doing);
  found.doing = fmt::format("guest {}: {}", virDomainGetName(found.domain.get()), doing);
  return found;
}

Result<HostInfo> LibvirtHypervisor::host() {
  auto connected = link();
  if (!connected) return tl::unexpected{connected.error()};
  const virConnectPtr connection = (*connected)->connection;
  virNodeInfo node{};
  unsigned long libvirt = 0;
  const TextHandle uri{virConnectGetURI(connection)};
  if (virNodeGetInfo(connection, &node) < 0 || virConnectGetLibVersion(connection, &libvirt) < 0 || !uri) {
    return (*connected)->error("read what the host has");
  }
  HostInfo host;
  host.cpus = node.cpus;
  host.memory = Bytes::kib(node.memory);
  host.uri = uri.get();
  host.version = fmt::format("libvirt {}, {} {}", version_text(libvirt), virConnectGetType(connection),
                             version_text((*connected)->hypervisor_version));
  return host;
}

Result<GuestId> LibvirtHypervisor::create_transient(const std::string& xml) {
  auto connected = link();
  if (!connected) return tl::unexpected{connected.error()};
  const DomainHandle domain{virDomainCreateXML((*connected)->connection, xml.c_str(), 0)};
  std::array<char, VIR_UUID_STRING_BUFLEN> uuid{};
  if (!domain || virDomainGetUUIDString(domain.get(), uuid.data()) < 0)
    return (*connected)->error("start a guest");
  return GuestId{uuid.data()};
}

Status LibvirtHypervisor::destroy(const GuestId& guest) {
  auto found = find(guest, "end it");
  if (!found) return tl::unexpected{found.error()};
  if (virDomainDestroy(found->domain.get()) < 0) return found->link->error(found->doing);
  return {};
}

}  // namespace dynascale::hostd
