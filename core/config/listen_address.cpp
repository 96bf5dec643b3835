#include "core/config/listen_address.hpp"

#include <arpa/inet.h>

#include <charconv>

namespace dynascale::config {
namespace {

bool is_loopback_v4(const in_addr& address) {
  return (ntohl(address.s_addr) >> 24U) == IN_LOOPBACKNET;
}

std::optional<bool> loopback_of(const std::string& address, bool v6) {
  if (v6) {
    in6_addr parsed{};
    if (::inet_pton(AF_INET6, address.c_str(), &parsed) != 1) return std::nullopt;
    return IN6_IS_ADDR_LOOPBACK(&parsed) != 0;
  }
  in_addr parsed{};
  if (::inet_pton(AF_INET, address.c_str(), &parsed) != 1) return std::nullopt;
  return is_loopback_v4(parsed);
}

}  // namespace

std::optional<ListenAddress> parse_listen_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto address = text.substr(0, colon);
  const auto port = text.substr(colon + 1);
  ListenAddress parsed;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), parsed.port);
  if (error != std::errc{} || end != port.data() + port.size() || parsed.port == 0) return std::nullopt;
  const bool v6 = address.starts_with('[') && address.ends_with(']');
  if (v6) address = address.substr(1, address.size() - 2);
  parsed.address = std::string{address};
  const auto loopback = loopback_of(parsed.address, v6);
  if (!loopback) return std::nullopt;
  parsed.loopback = *loopback;
  return parsed;
}

}  // namespace dynascale::config
