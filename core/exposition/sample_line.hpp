#pragma once
/// One line of Prometheus' text exposition format (version 0.0.4): `name{label="value"} number [milliseconds]`. Strict:
/// a line that is none makes the whole answer worthless, for what stands on it is not known. Pure.

#include <optional>
#include <string_view>
#include <vector>

#include "core/exposition/series.hpp"

namespace dynascale::exposition {

inline constexpr std::size_t max_line = 16UL * 1024;  ///< Bytes; a longer line is refused.

struct SampleLine {
  std::string_view name;  ///< Points into the line.
  std::vector<Label> labels;
  double value = 0;  ///< NaN and infinity included.
};

/// Nothing for an empty line and for a comment. Errors: `corrupt`, `limit_exceeded`; the text quotes nothing of it.
[[nodiscard]] Result<std::optional<SampleLine>> parse_sample(std::string_view line);

}  // namespace dynascale::exposition
