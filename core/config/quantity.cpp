#include "core/config/quantity.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace dynascale::config {
namespace {

using namespace std::chrono_literals;

struct Amount {
  double number = 0;
  std::string_view unit;
};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// A plain decimal number, then a unit. No sign, exponent, "inf" or "nan".
std::optional<Amount> split(std::string_view text) {
  text = trimmed(text);
  const auto digits = text.substr(0, text.find_first_not_of("0123456789."));
  Amount amount;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), amount.number, std::chars_format::fixed);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  amount.unit = trimmed(text.substr(digits.size()));
  return amount;
}

constexpr std::array<std::pair<std::string_view, Duration>, 7> durations{
    {{"d", 24h}, {"h", 1h}, {"min", 1min}, {"m", 1min}, {"s", 1s}, {"ms", 1ms}, {"us", 1us}}};

}  // namespace

std::optional<Bytes> parse_bytes(std::string_view text) {
  const auto amount = split(text);
  if (!amount) return std::nullopt;
  auto unit = amount->unit;
  if (unit.size() == 3 && unit.substr(1) == "iB") unit = unit.substr(0, 1);
  if (unit.size() != 1) return std::nullopt;
  constexpr std::string_view units = "BKMGT";
  const auto power = units.find(unit.front());
  if (power == std::string_view::npos) return std::nullopt;
  const double product = amount->number * std::pow(1024.0, static_cast<double>(power));
  if (product > 1e18) return std::nullopt;
  return Bytes::of(static_cast<std::uint64_t>(std::llround(product)));
}

std::optional<Duration> parse_duration(std::string_view text) {
  const auto amount = split(text);
  if (!amount) return std::nullopt;
  for (const auto& [unit, length] : durations) {
    if (amount->unit != unit) continue;
    const double nanoseconds = amount->number * static_cast<double>(length.count());
    if (nanoseconds > 3.2e17) return std::nullopt;
    return Duration{static_cast<Duration::rep>(std::llround(nanoseconds))};
  }
  return std::nullopt;
}

std::string print_bytes(Bytes bytes) {
  constexpr std::array<std::pair<std::string_view, unsigned>, 4> units{
      {{"TiB", 40}, {"GiB", 30}, {"MiB", 20}, {"KiB", 10}}};
  for (const auto& [name, shift] : units) {
    const auto count = bytes.count() >> shift;
    if (count > 0 && count << shift == bytes.count()) return fmt::format("{} {}", count, name);
  }
  return fmt::format("{} B", bytes.count());
}

std::string print_duration(Duration duration) {
  for (const auto& [unit, length] : durations)
    if (duration.count() != 0 && duration % length == Duration::zero())
      return fmt::format("{}{}", duration / length, unit == "min" ? "m" : unit);
  return duration == Duration::zero() ? "0s" : fmt::format("{}us", duration / 1us);
}

}  // namespace dynascale::config
