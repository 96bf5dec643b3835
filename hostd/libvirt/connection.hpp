#pragma once
/// The hypervisor through libvirt, at any URI that libvirt knows: qemu:///system,
/// qemu+unix:///system?socket=…, qemu:///embed?root=… (the driver inside this process: its guests end with
/// it), test:///default.
///
/// Threading: every verb blocks and may be called from several pool threads. An EventLoop must be installed
/// before the first and running all the time; handlers run on the io_context's thread. A verb that runs while
/// the connection breaks, or after, returns `unavailable`; `connect` opens a new one and registers for events
/// again, after which the caller reads everything anew.

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "hostd/hypervisor.hpp"

struct _virDomain;  // libvirt's own names, so that users of this header need not know libvirt's
struct _virDomainStatsRecord;

namespace dynascale::hostd {

struct LibvirtOptions {
  std::string uri = "qemu:///system";
  /// A libvirtd that is silent for interval × (count + 1) counts as gone. Drivers inside this process have
  /// none.
  std::chrono::seconds keepalive_interval{5};
  unsigned keepalive_count = 3;
};

struct LibvirtHandlers {
  GuestEventHandler event;
  std::function<void(std::string why)> lost;  ///< Once per broken connection; not for `close`.
};

class LibvirtHypervisor final : public Hypervisor {
 public:
  LibvirtHypervisor(boost::asio::io_context& io, LibvirtOptions options, LibvirtHandlers handlers);
  /// Closes. The io_context must run on until the EventLoop has nothing registered.
  ~LibvirtHypervisor() override;

  /// Opens, or opens anew. Errors: `unavailable` when nobody answers there, `permission_denied`,
  /// `unsupported` or `invalid_argument` for a URI that libvirt cannot serve.
  Status connect();
  void close();
  /// Whether the connection stands, as far as is known without asking the other side.
  [[nodiscard]] bool connected() const;

  [[nodiscard]] Result<HostInfo> host() override;
  [[nodiscard]] Result<std::vector<GuestStats>> statistics() override;
  [[nodiscard]] Result<GuestDescription> describe(const GuestId& guest) override;
  Status enable_statistics(const GuestId& guest, std::chrono::seconds period) override;
  Status plug_vcpus(const GuestId& guest, VcpuCount count) override;
  Status unplug_vcpus(const GuestId& guest, VcpuCount count) override;
  Status set_balloon(const GuestId& guest, Bytes target) override;
  Status set_virtio_mem(const GuestId& guest, const std::string& alias, Bytes requested) override;
  [[nodiscard]] Result<GuestVcpus> guest_vcpus(const GuestId& guest) override;
  [[nodiscard]] Result<GuestVcpus> set_guest_vcpus(const GuestId& guest, VcpuCount count) override;
  Status keep_size(const GuestId& guest, const Size& size) override;
  Status set_policy(const GuestId& guest, const std::string& xml) override;

  /// Starts a guest that exists only while it runs. Errors: `invalid_argument` for XML that libvirt refuses.
  [[nodiscard]] Result<GuestId> create_transient(const std::string& xml);
  /// Ends a guest at once, as pulling the plug does.
  Status destroy(const GuestId& guest);

 private:
  struct Link;  ///< One open connection with its registrations; closed when the last user lets go of it.
  struct Guest;
  using LinkPtr = std::shared_ptr<Link>;

  [[nodiscard]] Result<LinkPtr> link() const;
  [[nodiscard]] Result<Guest> find(const GuestId& guest, std::string_view doing) const;
  [[nodiscard]] Result<int> read_all(const LinkPtr& link, unsigned groups, _virDomainStatsRecord**& records);
  [[nodiscard]] Result<Guest> find_idle(const GuestId& guest, std::string_view doing) const;
  [[nodiscard]] Result<GuestDescription> describe(const Guest& guest) const;
  [[nodiscard]] Status set_vcpus(const Guest& guest, VcpuCount count) const;
  [[nodiscard]] Result<GuestVcpus> read_guest_vcpus(const Guest& guest) const;
  [[nodiscard]] Status request_unplug(const Guest& guest, VcpuCount count) const;
  void take_balloon_from_description(const LinkPtr& link, _virDomain* domain, GuestStats& stats) const;
  void forget_all_but(const std::vector<GuestStats>& guests) const;
  [[nodiscard]] std::optional<bool> has_virtio_mem(const GuestId& guest) const;

  boost::asio::io_context& io_;
  const LibvirtOptions options_;
  const LibvirtHandlers handlers_;
  mutable std::mutex lock_;
  LinkPtr link_;  ///< Guarded by the lock, as the next.
  /// By UUID, from the guest's last description; bounded by the guests that there are.
  mutable std::map<std::string, bool> has_virtio_mem_;
  std::atomic<bool> statistics_without_nowait_ = false;  ///< The test driver does not know that flag.
  std::atomic<unsigned> asking_all_ = 0;                 ///< Calls that read all guests' statistics now.
};

}  // namespace dynascale::hostd
