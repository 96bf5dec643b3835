#pragma once
/// A place to listen at, as an operator writes it: "127.0.0.1:9188", "[::1]:9188".

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dynascale::config {

struct ListenAddress {
  std::string address;  ///< Numeric, without brackets.
  std::uint16_t port = 0;
  bool loopback = false;  ///< Nothing beyond this machine reaches it.
  bool operator==(const ListenAddress&) const = default;
};

/// Names are not taken: they could resolve to something else tomorrow. Nothing when it is no such place.
[[nodiscard]] std::optional<ListenAddress> parse_listen_address(std::string_view text);

}  // namespace dynascale::config
