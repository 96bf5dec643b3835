#pragma once
/// Points in local time as cron(5) words them: "30 8 * * Mon-Fri". Five fields (minute, hour, day of the month, month,
/// day of the week), each a list of `*`, values, ranges and steps; names of months and days in English, 7 is Sunday,
/// too. When both kinds of day are restricted, either will do, as with cron. Pure: the time-zone database counts as a
/// constant of the world, and is the only file that core ever reads.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/model/result.hpp"

namespace dynascale::policy {

using WallSeconds = std::chrono::time_point<std::chrono::system_clock, std::chrono::seconds>;

/// A time zone of the database, by its name: "Europe/Berlin". "UTC" is always known.
struct Zone {
  std::string name = "UTC";
  bool operator==(const Zone&) const = default;
};
[[nodiscard]] bool is_known(const Zone& zone);

struct Cron {
  std::string text;  ///< As written; empty: never.
  std::uint64_t minutes = 0;  ///< Bit n: minute n; and so on.
  std::uint32_t hours = 0;
  std::uint32_t days = 0;
  std::uint16_t months = 0;
  std::uint8_t weekdays = 0;  ///< Bit 0: Sunday.
  bool every_day = true;      ///< The field said `*`, and the other kind of day alone decides.
  bool every_weekday = true;
  bool operator==(const Cron&) const = default;
};

/// Errors: `invalid_argument`, with every field that is wrong and what it takes; also for a day that never comes.
[[nodiscard]] Result<Cron> parse_cron(std::string_view text);

/// The last such point at or before `at`; nothing when there was none within eight years. A point that a zone skips
/// when clocks go forward is the moment of the change; of one that comes twice when they go back, the first counts.
[[nodiscard]] std::optional<WallSeconds> last_before(const Cron& cron, const Zone& zone, WallSeconds at);
/// The first such point after `at`, likewise.
[[nodiscard]] std::optional<WallSeconds> next_after(const Cron& cron, const Zone& zone, WallSeconds at);

}  // namespace dynascale::policy
