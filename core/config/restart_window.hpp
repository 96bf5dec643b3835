#pragma once
/// When an application may be restarted: "Sat,Sun 02:00-04:30", "daily 23:00-01:00" (over midnight). Local
/// time.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dynascale::config {

struct RestartWindow {
  std::uint8_t days = 0;     ///< Bit 0 is Monday; the day on which the window begins.
  unsigned from_minute = 0;  ///< Of the day.
  unsigned to_minute = 0;    ///< Not included; not after `from_minute` when it ends on the next day.

  /// `weekday` from 0 for Monday.
  [[nodiscard]] bool contains(unsigned weekday, unsigned minute) const;
  /// Minutes since the window's present occurrence began; nothing outside of it.
  [[nodiscard]] std::optional<unsigned> open_for(unsigned weekday, unsigned minute) const;
  bool operator==(const RestartWindow&) const = default;
};

[[nodiscard]] std::optional<RestartWindow> parse_window(std::string_view text);
[[nodiscard]] std::string to_string(const RestartWindow& window);

}  // namespace dynascale::config
