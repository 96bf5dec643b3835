#pragma once
/// Amounts as people write them: "512 MiB", "1.5G", "250ms", "10m". Pure.

#include <optional>
#include <string>
#include <string_view>

#include "core/model/units.hpp"

namespace dynascale::config {

/// Units B, K, M, G, T with or without "iB", all powers of 1024; "KB" and the like are refused, for they mean
/// 1000 to some. Nothing on any other text, and on what does not fit.
[[nodiscard]] std::optional<Bytes> parse_bytes(std::string_view text);

/// Units ms, s, m or min, h, d. Nothing on any other text, on a negative one and on more than ten years.
[[nodiscard]] std::optional<Duration> parse_duration(std::string_view text);

/// In a form that is read back to the same value.
[[nodiscard]] std::string print_bytes(Bytes bytes);
[[nodiscard]] std::string print_duration(Duration duration);

}  // namespace dynascale::config
