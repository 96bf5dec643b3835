#pragma once
/// libvirtd, a connection to it and one booted guest, shared by all tests of an executable; libvirtd_test.cpp holds it.

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "hostd/libvirt/connection.hpp"
#include "tests/integration/libvirt/support.hpp"

namespace dynascale::itest {

class Lab {
 public:
  Lab();
  ~Lab();
  /// Starts one more guest like the shared one and returns when it has booted; the caller ends it. Throws.
  [[nodiscard]] hostd::GuestId boot(const std::string& name);

  /// What a guest said last of its vCPUs: "online 0-2, present 0-2".
  [[nodiscard]] std::string vcpus_of(const std::string& name) const;

  // What the shared guest's events told; any thread.
  [[nodiscard]] bool saw(hostd::GuestEventKind kind) const;
  /// The same of any guest, by an event's text.
  [[nodiscard]] bool saw(const hostd::GuestId& who, const std::string& detail) const;
  void forget();

  TemporaryFolder folder;
  PrivateLibvirtd libvirtd;
  LoopThread loop;

 private:
  mutable std::mutex lock_;
  std::vector<hostd::GuestEvent> events_;

 public:
  std::atomic<int> losses = 0;
  hostd::GuestId guest;
  hostd::LibvirtHypervisor hypervisor;
};

/// Throws before the first test begins and after the last.
[[nodiscard]] Lab& lab();

}  // namespace dynascale::itest
