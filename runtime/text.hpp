#pragma once
/// Pieces of the kernel's text files: lines, words and bounded numbers. Pure; nothing here allocates without
/// bound.

#include <algorithm>
#include <charconv>
#include <concepts>
#include <optional>
#include <string_view>

namespace dynascale::text {

/// Without blanks, tabs and newlines at both ends.
[[nodiscard]] constexpr std::string_view trim(std::string_view value) {
  constexpr std::string_view blank = " \t\n\r";
  const auto first = value.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return value.substr(first, value.find_last_not_of(blank) - first + 1);
}

/// The whole of `value` as a number, or nothing: no sign for unsigned types, no trailing characters, no
/// overflow.
template <class Number>
requires std::integral<Number> || std::floating_point<Number>
[[nodiscard]] std::optional<Number> number(std::string_view value) {
  Number result{};
  const auto* end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, result);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return result;
}

/// An unsigned number in base 16, without a prefix.
template <std::unsigned_integral Number>
[[nodiscard]] std::optional<Number> hex_number(std::string_view value) {
  Number result{};
  const auto* end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, result, 16);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return result;
}

/// Takes the part of `rest` before `separator` away, and the separator with it; the whole when there is none.
[[nodiscard]] constexpr std::string_view take_until(std::string_view& rest, char separator) {
  const auto at = rest.find(separator);
  const auto part = rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + 1);
  return part;
}

/// The next word of `rest`, which loses it; empty at the end.
[[nodiscard]] constexpr std::string_view take_word(std::string_view& rest) {
  const auto first = rest.find_first_not_of(" \t");
  if (first == std::string_view::npos) {
    rest = {};
    return {};
  }
  rest.remove_prefix(first);
  const auto length = std::min(rest.find_first_of(" \t"), rest.size());
  const auto word = rest.substr(0, length);
  rest.remove_prefix(length);
  return word;
}

}  // namespace dynascale::text
