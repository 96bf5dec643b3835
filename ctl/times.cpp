#include "ctl/times.hpp"

#include <fmt/chrono.h>

#include <ctime>
#include <optional>

#include "core/config/quantity.hpp"

namespace dynascale::ctl {
namespace {

/// All of `text`, or nothing.
std::optional<std::tm> read(const std::string& text, const char* pattern, std::tm start) {
  const auto* const end = ::strptime(text.c_str(), pattern, &start);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return start;
}

WallTime local_time(std::tm parts) {
  parts.tm_isdst = -1;  // As it is in force then.
  return std::chrono::system_clock::from_time_t(std::mktime(&parts));
}

}  // namespace

Result<WallTime> parse_time(const std::string& text, WallTime now) {
  if (const auto ago = config::parse_duration(text))
    return now - std::chrono::duration_cast<std::chrono::system_clock::duration>(*ago);
  for (const auto* pattern : {"%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%MZ"})
    if (auto parts = read(text, pattern, {})) return std::chrono::system_clock::from_time_t(::timegm(&*parts));
  for (const auto* pattern : {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d"})
    if (const auto parts = read(text, pattern, {})) return local_time(*parts);
  auto today = fmt::localtime(std::chrono::system_clock::to_time_t(now));
  today.tm_sec = 0;
  for (const auto* pattern : {"%H:%M:%S", "%H:%M"})
    if (const auto parts = read(text, pattern, today)) return local_time(*parts);
  return fail(Errc::invalid_argument,
              fmt::format("'{}' is no time; expected \"2026-01-31 12:00\", \"2026-01-31T12:00:00Z\", \"12:00\", or "
                          "how long ago: \"90m\", \"2d\"",
                          text));
}

std::string time_text(std::int64_t ms_since_1970) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::localtime(static_cast<std::time_t>(ms_since_1970 / 1000)));
}

}  // namespace dynascale::ctl
