#include "agent/request_command.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "core/config/quantity.hpp"
#include "runtime/text.hpp"
#include "runtime/unique_fd.hpp"

namespace dynascale::agent {
namespace {

constexpr timeval patience{5, 0};

std::string_view without_plus(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  return text;
}

tl::unexpected<Error> failure(const std::filesystem::path& path, int error) {
  auto code = Errc::io;
  if (error == ENOENT || error == ECONNREFUSED) code = Errc::unavailable;
  if (error == EACCES) code = Errc::permission_denied;
  if (error == EAGAIN) code = Errc::timeout;
  return fail(code, fmt::format("the agent does not answer at {}: {}", path.string(),
                                std::generic_category().message(error)));
}

}  // namespace

Result<RequestCall> parse_request(const std::string& cpus, const std::string& memory, const std::string& duration,
                                  const std::string& reason) {
  RequestCall call;
  if (!cpus.empty()) {
    const auto count = text::number<std::uint16_t>(without_plus(cpus));
    if (!count) return fail(Errc::invalid_argument, fmt::format("--cpus {}: must be a number like +2", cpus));
    call.vcpus = *count;
  }
  if (!memory.empty()) {
    const auto bytes = config::parse_bytes(without_plus(memory));
    if (!bytes) return fail(Errc::invalid_argument, fmt::format("--memory {}: must be a size like +512M", memory));
    call.memory = *bytes;
  }
  const auto time = config::parse_duration(duration);
  if (!time || *time == Duration{})
    return fail(Errc::invalid_argument, fmt::format("--for {}: must be a time like 10m", duration));
  call.duration = *time;
  if (call.vcpus == 0 && call.memory == Bytes{})
    return fail(Errc::invalid_argument, "say how much: --cpus +2 or --memory +1G");
  call.reason = reason;
  return call;
}

Result<std::string> send_request(const std::filesystem::path& socket, const RequestCall& request) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto path = socket.string();
  if (path.size() >= sizeof address.sun_path)
    return fail(Errc::invalid_argument, fmt::format("the socket path {} is too long", path));
  std::memcpy(address.sun_path, path.c_str(), path.size());
  const UniqueFd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return failure(socket, errno);
  const auto line = request_line(request);
  // A peer that refuses this user has answered already and may have closed: what it said is still to be read.
  static_cast<void>(!::send(fd.get(), line.data(), line.size(), MSG_NOSIGNAL));
  std::string answer;
  std::array<char, 4096> block{};
  while (answer.find('\n') == std::string::npos && answer.size() < max_local_line) {
    const auto count = ::recv(fd.get(), block.data(), block.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failure(socket, errno);
    if (count == 0) return fail(Errc::unavailable, "the agent closed the connection without an answer");
    answer.append(block.data(), static_cast<std::size_t>(count));
  }
  return answer;
}

int status_of_answer(const std::string& answer) {
  return answer.find("\"type\":\"accepted\"") == std::string::npos ? 1 : 0;
}

}  // namespace dynascale::agent
