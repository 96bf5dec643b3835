#include "tests/integration/libvirt/lab.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <stdexcept>

namespace dynascale::itest {
namespace {

std::optional<Lab> shared;

class SharedLab : public testing::Environment {
 public:
  void SetUp() override { shared.emplace(); }
  void TearDown() override { shared.reset(); }
};
[[maybe_unused]] const auto* const environment = testing::AddGlobalTestEnvironment(new SharedLab);

}  // namespace

Lab& lab() { return shared.value(); }

Lab::Lab()
    : libvirtd{folder.path()},
      hypervisor{loop.io(),
                 {.uri = libvirtd.uri("qemu:///session"),
                  .keepalive_interval = std::chrono::seconds{1},
                  .keepalive_count = 2},
                 {.event =
                      [this](const auto& event) {
                        const std::scoped_lock guard{lock_};
                        events_.push_back(event);
                      },
                  .lost = [this](const std::string&) { ++losses; }}} {
  guest = boot("tiny");
}

Lab::~Lab() {
  if (hypervisor.connected()) (void)hypervisor.destroy(guest);
  hypervisor.close();
}

hostd::GuestId Lab::boot(const std::string& name) {
  // A test before may have ended the connection.
  const auto connected = hypervisor.connected() ? Status{} : hypervisor.connect();
  if (!connected) throw std::runtime_error(connected.error().what + libvirtd.log());
  auto created = hypervisor.create_transient(tiny_guest_xml(folder.path(), name));
  if (!created) throw std::runtime_error(created.error().what + libvirtd.log());
  const auto console = [&] { return tiny_guest_console(folder.path(), name); };
  if (!eventually([&] { return console().find("ready") != std::string::npos; }))
    throw std::runtime_error("the guest does not boot: " + console());
  return *created;
}

std::string Lab::vcpus_of(const std::string& name) const {
  const auto console = tiny_guest_console(folder.path(), name);
  const std::string mark = "tiny-guest: vCPUs ";
  const auto at = console.rfind(mark);
  if (at == std::string::npos) return "";
  const auto begin = at + mark.size();
  return console.substr(begin, console.find_first_of("\r\n", begin) - begin);
}

bool Lab::saw(hostd::GuestEventKind kind) const {
  const std::scoped_lock guard{lock_};
  return std::ranges::any_of(events_, [&](const auto& e) { return e.id == guest && e.kind == kind; });
}

bool Lab::saw(const hostd::GuestId& who, const std::string& detail) const {
  const std::scoped_lock guard{lock_};
  return std::ranges::any_of(events_, [&](const auto& e) { return e.id == who && e.detail == detail; });
}

void Lab::forget() {
  const std::scoped_lock guard{lock_};
  events_.clear();
}

}  // namespace dynascale::itest
