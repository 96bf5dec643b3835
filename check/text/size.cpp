#include "check/text/size.hpp"

#include <charconv>

#include "check/text/lines.hpp"

namespace dynascale::check {
namespace {

std::optional<unsigned> suffix_shift(std::string_view suffix) {
  const auto name = lower(suffix);
  if (name == "b") return 0U;
  if (name == "k" || name == "kb" || name == "ki" || name == "kib") return 10U;
  if (name == "m" || name == "mb" || name == "mi" || name == "mib") return 20U;
  if (name == "g" || name == "gb" || name == "gi" || name == "gib") return 30U;
  if (name == "t" || name == "tb" || name == "ti" || name == "tib") return 40U;
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> parse_size(std::string_view text, std::uint64_t default_unit) {
  text = trim(unquote(trim(text)));
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc{} || value < 0) return std::nullopt;
  const auto suffix = trim(text.substr(static_cast<std::size_t>(end - text.data())));
  double bytes = 0;
  if (suffix.empty()) {
    bytes = value * static_cast<double>(default_unit);
  } else if (const auto shift = suffix_shift(suffix)) {
    bytes = value * static_cast<double>(std::uint64_t{1} << *shift);
  } else {
    return std::nullopt;
  }
  if (bytes >= 9.2e18) return std::nullopt;
  return static_cast<std::uint64_t>(bytes);
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  text = trim(unquote(trim(text)));
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace dynascale::check
