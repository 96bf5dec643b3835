#include "core/policy/cron.hpp"

#include <cctz/civil_time.h>
#include <cctz/time_zone.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace dynascale::policy {
namespace {

constexpr int search_days = 366 * 8;  ///< A 29th of February may be eight years away.
constexpr int overlap_minutes = 180;  ///< No zone's clocks ever went back by more.
constexpr int day_minutes = 24 * 60;

struct Field {
  const char* name;
  unsigned low;
  unsigned high;
  std::array<std::string_view, 12> names;  ///< Of low, low + 1, …
};
constexpr std::array<Field, 5> fields{{
    {"minute", 0, 59, {}},
    {"hour", 0, 23, {}},
    {"day of the month", 1, 31, {}},
    {"month", 1, 12, {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
    {"day of the week", 0, 7, {"sun", "mon", "tue", "wed", "thu", "fri", "sat"}},
}};

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of(separators), text.size());
    parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (text.empty() && end + 1 <= text.size()) parts.emplace_back();
  }
  return parts;
}

std::optional<unsigned> number_of(std::string_view text) {
  unsigned value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<unsigned> value_of(const Field& field, std::string_view text) {
  std::string lower{text};
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (unsigned index = 0; index < field.names.size(); ++index)
    if (!lower.empty() && field.names[index] == lower) return field.low + index;
  const auto value = number_of(text);
  return value && *value >= field.low && *value <= field.high ? value : std::nullopt;
}

/// One item of a list: "*", "5", "1-5", "*/15", "8-18/2".
std::optional<std::uint64_t> bits_of(const Field& field, std::string_view item) {
  const auto slash = item.find('/');
  const auto range = item.substr(0, slash);
  const auto step = slash == std::string_view::npos ? std::optional{1U} : number_of(item.substr(slash + 1));
  if (!step || *step == 0) return std::nullopt;
  const auto dash = range.find('-');
  auto first = std::optional{field.low};
  auto last = std::optional{field.high};
  if (range != "*") {
    first = value_of(field, range.substr(0, dash));
    last = dash == std::string_view::npos ? (slash == std::string_view::npos ? first : last)
                                          : value_of(field, range.substr(dash + 1));
  }
  if (!first || !last || *first > *last) return std::nullopt;
  std::uint64_t bits = 0;
  for (auto value = *first; value <= *last; value += *step) bits |= std::uint64_t{1} << value;
  return bits;
}

std::optional<std::uint64_t> bits_of_list(const Field& field, std::string_view text) {
  std::uint64_t bits = 0;
  if (text.ends_with(',')) return std::nullopt;
  for (const auto item : split(text, ",")) {
    const auto more = bits_of(field, item);
    if (!more) return std::nullopt;
    bits |= *more;
  }
  return bits;
}

bool bit(std::uint64_t bits, int at) { return (bits >> static_cast<unsigned>(at) & 1U) != 0; }

bool falls_on(const Cron& cron, const cctz::civil_day& day) {
  if (!bit(cron.months, day.month())) return false;
  const int weekday = (static_cast<int>(cctz::get_weekday(day)) + 1) % 7;  // cctz counts from Monday.
  const bool by_day = bit(cron.days, day.day());
  const bool by_weekday = bit(cron.weekdays, weekday);
  if (cron.every_day || cron.every_weekday) return by_day && by_weekday;
  return by_day || by_weekday;
}

bool falls_on_minute(const Cron& cron, int minute) {
  return bit(cron.hours, minute / 60) && bit(cron.minutes, minute % 60);
}

cctz::time_zone zone_of(const Zone& zone) {
  cctz::time_zone found = cctz::utc_time_zone();
  cctz::load_time_zone(zone.name, &found);
  return found;
}

WallSeconds moment_of(const cctz::time_zone& zone, const cctz::civil_day& day, int minute) {
  const auto found = zone.lookup(cctz::civil_second(day) + minute * 60);
  const bool skipped = found.kind == cctz::time_zone::civil_lookup::SKIPPED;
  return std::chrono::time_point_cast<std::chrono::seconds>(skipped ? found.trans : found.pre);
}

}  // namespace

bool is_known(const Zone& zone) {
  cctz::time_zone found;
  // A name that begins with '/' or holds ".." is a path, and some names are described by rules instead.
  const bool path = zone.name.empty() || zone.name.starts_with('/') || zone.name.find("..") != std::string::npos;
  return !path && cctz::load_time_zone(zone.name, &found);
}

Result<Cron> parse_cron(std::string_view text) {
  std::vector<std::string_view> words;
  for (const auto word : split(text, " \t"))
    if (!word.empty()) words.push_back(word);
  if (words.size() != fields.size())
    return fail(Errc::invalid_argument,
                fmt::format("'{}' has {} fields; expected five: minute hour day month weekday", text, words.size()));
  std::array<std::uint64_t, fields.size()> bits{};
  std::string wrong;
  for (std::size_t index = 0; index < fields.size(); ++index) {
    const auto& field = fields[index];
    const auto read = bits_of_list(field, words[index]);
    if (!read)
      wrong += fmt::format("{}the {}, '{}', is not made of {} to {}", wrong.empty() ? "" : "; ", field.name,
                           words[index], field.low, field.high);
    bits[index] = read.value_or(0);
  }
  if (!wrong.empty()) return fail(Errc::invalid_argument, wrong);
  Cron cron;
  cron.text = std::string{text};
  cron.minutes = bits[0];
  cron.hours = static_cast<std::uint32_t>(bits[1]);
  cron.days = static_cast<std::uint32_t>(bits[2]);
  cron.months = static_cast<std::uint16_t>(bits[3]);
  cron.weekdays = static_cast<std::uint8_t>((bits[4] | bits[4] >> 7U) & 0x7FU);
  cron.every_day = words[2].starts_with('*');
  cron.every_weekday = words[4].starts_with('*');
  if (!next_after(cron, {}, {})) return fail(Errc::invalid_argument, fmt::format("'{}' never comes", text));
  return cron;
}

std::optional<WallSeconds> last_before(const Cron& cron, const Zone& zone, WallSeconds at) {
  const auto local = zone_of(zone);
  const auto civil = cctz::convert(at, local);
  // What is later by the clock on the wall may be earlier in truth, when clocks went back.
  const auto from = cctz::civil_minute(civil) + overlap_minutes;
  auto day = cctz::civil_day(from);
  int minute = from.hour() * 60 + from.minute();
  for (int days = 0; days < search_days; ++days, --day, minute = day_minutes - 1) {
    if (!falls_on(cron, day)) continue;
    for (; minute >= 0; --minute) {
      if (!falls_on_minute(cron, minute)) continue;
      const auto moment = moment_of(local, day, minute);
      if (moment <= at) return moment;
    }
  }
  return std::nullopt;
}

std::optional<WallSeconds> next_after(const Cron& cron, const Zone& zone, WallSeconds at) {
  const auto local = zone_of(zone);
  const auto from = cctz::civil_minute(cctz::convert(at, local)) - overlap_minutes;
  auto day = cctz::civil_day(from);
  int minute = from.hour() * 60 + from.minute();
  for (int days = 0; days < search_days; ++days, ++day, minute = 0) {
    if (!falls_on(cron, day)) continue;
    for (; minute < day_minutes; ++minute) {
      if (!falls_on_minute(cron, minute)) continue;
      const auto moment = moment_of(local, day, minute);
      if (moment > at) return moment;
    }
  }
  return std::nullopt;
}

}  // namespace dynascale::policy
