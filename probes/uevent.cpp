#include "probes/uevent.hpp"

#include <fmt/format.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "runtime/text.hpp"

namespace dynascale {
namespace {

constexpr std::uint32_t kernel_group = 1;      // Group 2 carries what udev sends on.
constexpr std::size_t max_message = 8 * 1024;  // The kernel's UEVENT_BUFFER_SIZE is 2048.
constexpr int receive_buffer_bytes = 1 << 20;

tl::unexpected<Error> failure(std::string_view action) {
  const int error = errno;
  auto code = Errc::io;
  if (error == EACCES || error == EPERM) code = Errc::permission_denied;
  if (error == EAFNOSUPPORT || error == EPROTONOSUPPORT) code = Errc::unsupported;
  return fail(code, fmt::format("cannot {} the kernel's device events: {}", action,
                                std::generic_category().message(error)));
}

}  // namespace

Result<Uevent> parse_uevent(std::string_view message) {
  const auto corrupt = [] {
    return fail(Errc::corrupt, "a device event lacks its action, device or subsystem");
  };
  auto header = text::take_until(message, '\0');
  if (header.find('@') == std::string_view::npos) return corrupt();
  Uevent event;
  event.action = text::take_until(header, '@');
  event.device = header;
  while (!message.empty()) {
    auto value = text::take_until(message, '\0');
    const auto key = text::take_until(value, '=');
    if (key == "SUBSYSTEM") event.subsystem = value;
  }
  if (event.action.empty() || event.device.empty() || event.subsystem.empty()) return corrupt();
  return event;
}

Result<UeventSocket> UeventSocket::open() {
  UniqueFd fd{::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT)};
  if (!fd.valid()) return failure("open a socket for");
  // A bigger queue is a wish only: without it a burst shows as `limit_exceeded`.
  static_cast<void>(
      ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = kernel_group;
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return failure("subscribe to");
  return UeventSocket{std::move(fd)};
}

Result<std::optional<Uevent>> UeventSocket::receive() {
  std::array<char, max_message> buffer{};
  for (;;) {
    sockaddr_nl sender{};
    iovec part{.iov_base = buffer.data(), .iov_len = buffer.size()};
    msghdr header{};
    header.msg_name = &sender;
    header.msg_namelen = sizeof sender;
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    const auto length = ::recvmsg(fd_.get(), &header, 0);
    if (length < 0 && errno == EINTR) continue;
    if (length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return std::optional<Uevent>{};
    if (length < 0 && errno == ENOBUFS)
      return fail(Errc::limit_exceeded, "the kernel dropped device events; read the topology again");
    if (length < 0) return failure("receive");
    // Any process with CAP_NET_ADMIN may send here; the kernel alone has port 0 and its own multicast group.
    const bool from_kernel = header.msg_namelen == sizeof sender && sender.nl_pid == 0 &&
                             sender.nl_groups == kernel_group && (header.msg_flags & MSG_TRUNC) == 0;
    if (!from_kernel) continue;
    auto event = parse_uevent({buffer.data(), static_cast<std::size_t>(length)});
    if (!event) return tl::unexpected(event.error());
    return std::optional{std::move(*event)};
  }
}

}  // namespace dynascale
