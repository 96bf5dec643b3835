// QEMU's driver inside this process, with an emulated guest: no libvirtd anywhere.

#include <gtest/gtest.h>

#include <atomic>
#include <optional>

#include "core/wire/messages.hpp"
#include "hostd/guest_link.hpp"
#include "hostd/libvirt/connection.hpp"
#include "runtime/clock.hpp"
#include "runtime/log.hpp"
#include "runtime/task_group.hpp"
#include "tests/integration/libvirt/support.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

namespace dynascale::itest {
namespace {

/// One process, one embedded driver: the whole life of a guest is one test.
TEST(Embed, RunsAGuestFromBootToItsEndAndLeavesNothing) {
  TemporaryFolder folder;
  const std::string xml = tiny_guest_xml(folder.path(), "tiny");
  become_unprivileged(folder.path());
  LoopThread loop;
  std::atomic<bool> stopped = false;
  hostd::LibvirtHypervisor hypervisor{
      loop.io(),
      {.uri = "qemu:///embed?root=" + (folder.path() / "embed").string()},
      {.event = [&](const auto& e) { stopped = stopped || e.kind == hostd::GuestEventKind::stopped; },
       .lost = {}}};
  const auto connected = hypervisor.connect();
  ASSERT_TRUE(connected.has_value()) << connected.error().what;
  const auto guest = hypervisor.create_transient(xml);
  ASSERT_TRUE(guest.has_value()) << guest.error().what;
  ASSERT_TRUE(eventually([&] {
    return tiny_guest_console(folder.path(), "tiny").find("ready") != std::string::npos;
  })) << tiny_guest_console(folder.path(), "tiny");

  // The agent's channel, through QEMU's virtio-serial port.
  const auto description = hypervisor.describe(*guest);
  ASSERT_TRUE(description.has_value()) << description.error().what;
  SystemClock clock;
  Log log{LogLevel::warning, Log::Sink::standard_error};
  std::atomic<bool> arrived = false;
  TaskGroup tasks{loop.io().get_executor(), [](const auto&, const auto& what) { ADD_FAILURE() << what; }};
  hostd::ChannelHandlers handlers{
      .arrived = [&](const wire::Hello& hello) { arrived = hello.program == "tiny-guest"; },
      .message = [](const wire::Message&) {},
      .left = [](const std::string&) {}};
  const auto link = hostd::open_guest_link(loop.io().get_executor(), "tiny", description->channel_path,
                                           handlers, clock, log);
  boost::asio::post(loop.io(), [&] { tasks.spawn("link", link->run()); });
  EXPECT_TRUE(eventually([&] { return arrived.load(); }));
  boost::asio::co_spawn(loop.io(), tasks.stop_and_join(), boost::asio::use_future).get();

  ASSERT_TRUE(hypervisor.plug_vcpus(*guest, VcpuCount{2}).has_value());
  EXPECT_TRUE(eventually([&] {
    const auto all = hypervisor.statistics();
    return all && all->size() == 1 && all->front().vcpus_plugged == VcpuCount{2};
  }));
  ASSERT_TRUE(hypervisor.set_balloon(*guest, Bytes::mib(200)).has_value());
  EXPECT_TRUE(eventually([&] { return hypervisor.describe(*guest)->memory_current == Bytes::mib(200); }));

  ASSERT_TRUE(hypervisor.destroy(*guest).has_value());
  EXPECT_TRUE(eventually([&] { return stopped.load(); }));
  hypervisor.close();
  EXPECT_TRUE(loop.drain());
}

}  // namespace
}  // namespace dynascale::itest
