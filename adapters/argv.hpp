#pragma once
/// Options in another program's argument list. Pure.

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace dynascale {

/// The value of the last of `names` in `argv`, written as "--name value", "--name=value", "-n value" or
/// "-nvalue".
[[nodiscard]] std::optional<std::string> option_value(std::span<const std::string> argv,
                                                      std::initializer_list<std::string_view> names);
/// Whether one of `names` stands in `argv` as a word of its own.
[[nodiscard]] bool has_flag(std::span<const std::string> argv, std::initializer_list<std::string_view> names);
/// The part after the last slash.
[[nodiscard]] std::string_view base_name(std::string_view path);

}  // namespace dynascale
