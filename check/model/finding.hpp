#pragma once
/// What a scan reports, independent of how it is printed.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dynascale::check {

enum class Level : std::uint8_t { note, warning, error };

/// How a program follows a changed machine, best first.
enum class Adaptation : std::uint8_t { live, api, reload, restart, never, unknown };

[[nodiscard]] std::string_view to_string(Level level);
[[nodiscard]] std::string_view to_string(Adaptation adaptation);
[[nodiscard]] std::optional<Level> parse_level(std::string_view text);
[[nodiscard]] std::optional<Adaptation> parse_adaptation(std::string_view text);

/// One place that a rule objects to.
struct Finding {
  std::string rule;
  Level level = Level::warning;
  std::string path;
  std::uint32_t line = 0;    ///< From 1.
  std::uint32_t column = 0;  ///< From 1, in bytes.
  std::string text;          ///< The line itself, trimmed and bounded.
  std::string message;       ///< One sentence on this very place.
  std::string component;     ///< What it belongs to: "nginx", "jvm", "python code".
  Adaptation grow = Adaptation::unknown;
  Adaptation shrink = Adaptation::unknown;
  std::string fingerprint;  ///< Survives moved lines: see engine/collector.cpp.

  auto operator<=>(const Finding&) const = default;
};

/// Something that kept the scan from being complete (DSC9xx).
struct Incident {
  std::string rule;
  std::string path;
  std::uint32_t line = 0;
  std::string message;
  Level level = Level::note;

  auto operator<=>(const Incident&) const = default;
};

/// The sizes between which the machine may move; the judge of "too small a cap".
struct Envelope {
  std::uint32_t min_cpus = 1;
  std::uint32_t max_cpus = 8;
  std::uint64_t min_memory_bytes = std::uint64_t{1} << 30;
  std::uint64_t max_memory_bytes = std::uint64_t{16} << 30;
};

}  // namespace dynascale::check
