#pragma once
/// Sizes as configuration files write them.

#include <cstdint>
#include <optional>
#include <string_view>

namespace dynascale::check {

/// "256MB", "1g", "1048576k", "2GiB", "512" -> bytes. Suffixes count in powers of 1024, as the JVM,
/// PostgreSQL, MySQL, nginx, systemd and Docker all do. `default_unit` is the unit of a bare number. Nothing
/// for text that is no size, and for sizes beyond 2^63.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text, std::uint64_t default_unit = 1);

/// A plain decimal number and nothing else.
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view text);

}  // namespace dynascale::check
