#pragma once
/// Played guests as real objects of libvirt, in its test driver: descriptions are XML, statistics and changes go
/// through libvirt's own calls. The driver runs inside this process, which counts for it.

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <thread>

#include "hostd/libvirt/connection.hpp"
#include "hostd/libvirt/event_loop.hpp"
#include "tests/fakes/fake_hypervisor.hpp"

namespace dynascale::bench {

/// Tells of each call before it is made.
class TestDriver final : public hostd::Hypervisor {
 public:
  using Hook = std::function<void(const fakes::FakeCall&)>;
  /// Defines and starts them. Throws when libvirt does not.
  TestDriver(std::size_t guests, const std::filesystem::path& folder);
  ~TestDriver() override;

  void before_call(Hook hook) { hook_ = std::move(hook); }
  /// Which played guest has which UUID.
  [[nodiscard]] static std::map<std::string, std::size_t> places(std::size_t guests);

  [[nodiscard]] Result<hostd::HostInfo> host() override { return real_.host(); }
  [[nodiscard]] Result<std::vector<hostd::GuestStats>> statistics() override { return real_.statistics(); }
  [[nodiscard]] Result<hostd::GuestDescription> describe(const hostd::GuestId& guest) override;
  Status enable_statistics(const hostd::GuestId& guest, std::chrono::seconds period) override;
  Status plug_vcpus(const hostd::GuestId& guest, VcpuCount count) override;
  Status unplug_vcpus(const hostd::GuestId& guest, VcpuCount count) override;
  Status set_balloon(const hostd::GuestId& guest, Bytes target) override;
  Status set_virtio_mem(const hostd::GuestId& guest, const std::string& alias, Bytes requested) override;
  [[nodiscard]] Result<hostd::GuestVcpus> guest_vcpus(const hostd::GuestId& guest) override;
  [[nodiscard]] Result<hostd::GuestVcpus> set_guest_vcpus(const hostd::GuestId& guest, VcpuCount count) override;
  Status keep_size(const hostd::GuestId& guest, const Size& size) override;
  Status set_policy(const hostd::GuestId& guest, const std::string& xml) override;

 private:
  void tell(fakes::Verb verb, const hostd::GuestId& guest) const;

  boost::asio::io_context io_{1};
  std::unique_ptr<hostd::EventLoop> loop_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
  hostd::LibvirtHypervisor real_;
  Hook hook_;
};

}  // namespace dynascale::bench
