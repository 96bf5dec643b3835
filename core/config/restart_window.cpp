#include "core/config/restart_window.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace dynascale::config {
namespace {

constexpr std::array<std::string_view, 7> names{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr std::uint8_t every_day = 0x7F;
constexpr unsigned day = 24 * 60;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// "HH:MM"; "24:00" is the end of the day.
std::optional<unsigned> minute_of(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  for (const auto i : {0U, 1U, 3U, 4U})
    if (!is_digit(text[i])) return std::nullopt;
  const auto two = [&](std::size_t i) {
    return static_cast<unsigned>((text[i] - '0') * 10 + (text[i + 1] - '0'));
  };
  const unsigned minute = two(0) * 60 + two(3);
  if (two(3) > 59 || minute > day) return std::nullopt;
  return minute;
}

std::optional<std::uint8_t> days_of(std::string_view text) {
  if (text == "daily") return every_day;
  unsigned days = 0;
  while (true) {
    const auto comma = text.find(',');
    const auto* found = std::find(names.begin(), names.end(), text.substr(0, comma));
    if (found == names.end()) return std::nullopt;
    days |= 1U << static_cast<unsigned>(found - names.begin());
    if (comma == std::string_view::npos) return static_cast<std::uint8_t>(days);
    text.remove_prefix(comma + 1);
  }
}

}  // namespace

bool RestartWindow::contains(unsigned weekday, unsigned minute) const {
  const auto on = [this](unsigned d) { return (days >> (d % 7) & 1U) != 0; };
  if (from_minute < to_minute) return on(weekday) && minute >= from_minute && minute < to_minute;
  return (on(weekday) && minute >= from_minute) || (on(weekday + 6) && minute < to_minute);
}

std::optional<unsigned> RestartWindow::open_for(unsigned weekday, unsigned minute) const {
  if (!contains(weekday, minute)) return std::nullopt;
  const bool began_today = (days >> (weekday % 7) & 1U) != 0 && minute >= from_minute;
  return began_today ? minute - from_minute : minute + day - from_minute;
}

std::optional<RestartWindow> parse_window(std::string_view text) {
  const auto space = text.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const auto times = text.substr(space + 1);
  const auto dash = times.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto days = days_of(text.substr(0, space));
  const auto from = minute_of(times.substr(0, dash));
  const auto to = minute_of(times.substr(dash + 1));
  if (!days || !from || !to || *from == day || *from == *to) return std::nullopt;
  return RestartWindow{.days = *days, .from_minute = *from, .to_minute = *to};
}

std::string to_string(const RestartWindow& window) {
  std::string days;
  for (std::size_t i = 0; i < names.size(); ++i)
    if ((window.days >> i & 1U) != 0) days += (days.empty() ? "" : ",") + std::string{names[i]};
  return fmt::format("{} {:02}:{:02}-{:02}:{:02}", window.days == every_day ? "daily" : days,
                     window.from_minute / 60, window.from_minute % 60, window.to_minute / 60,
                     window.to_minute % 60);
}

}  // namespace dynascale::config
