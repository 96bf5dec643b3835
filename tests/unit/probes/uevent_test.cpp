#include "probes/uevent.hpp"

#include <gtest/gtest.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>

#include "runtime/files.hpp"

namespace dynascale {
namespace {

using namespace std::string_literals;

TEST(ParseUevent, ReadsActionDeviceAndSubsystem) {
  const auto event = parse_uevent(
      "online@/devices/system/cpu/cpu2\0ACTION=online\0DEVPATH=/devices/system/cpu/cpu2\0SUBSYSTEM=cpu\0SEQNUM=7\0"s);
  ASSERT_TRUE(event) << event.error().what;
  EXPECT_EQ(*event, (Uevent{.action = "online", .device = "/devices/system/cpu/cpu2", .subsystem = "cpu"}));
}

TEST(ParseUevent, RefusesWhatTheKernelDoesNotSend) {
  for (const auto& message :
       {""s, "libudev\0\xfe\xed"s, "@\0SUBSYSTEM=cpu\0"s, "add@/x\0"s, "add@\0SUBSYSTEM=cpu\0"s})
    EXPECT_FALSE(parse_uevent(message));
}

/// Waits until the socket has something to read.
bool readable(const UeventSocket& socket) {
  pollfd waiting{.fd = socket.fd(), .events = POLLIN, .revents = 0};
  return ::poll(&waiting, 1, 5000) == 1;
}

TEST(UeventSocket, HearsTheKernel) {
  auto socket = UeventSocket::open();
  ASSERT_TRUE(socket) << socket.error().what;
  const Files files;
  if (!files.write_attribute("/sys/devices/system/cpu/cpu0/uevent", "change"))
    GTEST_SKIP() << "only root can ask the kernel for an event";
  for (;;) {
    ASSERT_TRUE(readable(*socket)) << "no event came";
    const auto event = socket->receive();
    ASSERT_TRUE(event) << event.error().what;
    if (*event && (*event)->device == "/devices/system/cpu/cpu0") {
      EXPECT_EQ((*event)->subsystem, "cpu");
      EXPECT_EQ((*event)->action, "change");
      return;
    }
  }
}

TEST(UeventSocket, IgnoresOtherSenders) {
  auto socket = UeventSocket::open();
  ASSERT_TRUE(socket) << socket.error().what;
  sockaddr_nl address{};
  socklen_t size = sizeof address;
  ASSERT_EQ(::getsockname(socket->fd(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  const UniqueFd forger{::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT)};
  address.nl_groups = 0;
  const auto message = "remove@/devices/system/cpu/cpu1\0SUBSYSTEM=cpu\0FORGED=1\0"s;
  if (::sendto(forger.get(), message.data(), message.size(), 0, reinterpret_cast<const sockaddr*>(&address),
               sizeof address) < 0)
    GTEST_SKIP() << "only root may send to this socket at all";
  ASSERT_TRUE(readable(*socket));
  for (;;) {
    const auto event = socket->receive();
    ASSERT_TRUE(event);
    if (!*event) break;
    EXPECT_FALSE((*event)->device == "/devices/system/cpu/cpu1" && (*event)->action == "remove");
  }
}

}  // namespace
}  // namespace dynascale
