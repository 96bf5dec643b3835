#pragma once
/// Which series of a Prometheus endpoint are meant: a name and labels, as in `jobs_waiting{queue="mail",host!="old"}`.
/// Names and values are compared as they are; there are no patterns. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "core/model/result.hpp"

namespace dynascale::exposition {

inline constexpr std::size_t max_series_text = 512;  ///< Of what an operator writes.
inline constexpr std::size_t max_labels = 64;        ///< Of one series; more is refused.

/// A label of a series as its endpoint tells it.
struct Label {
  std::string_view name;
  std::string value;  ///< Without its escapes.
};

struct LabelMatch {
  std::string name;
  std::string value;
  bool equal = true;  ///< Else it must be another value; a label that is absent has the empty one.
  bool operator==(const LabelMatch&) const = default;
};

struct Series {
  std::string text;  ///< As written.
  std::string name;
  std::vector<LabelMatch> labels;
  bool operator==(const Series&) const = default;
};

/// Errors: `invalid_argument`; the text says what was expected.
[[nodiscard]] Result<Series> parse_series(std::string_view text);
[[nodiscard]] bool matches(const std::vector<LabelMatch>& wanted, const std::vector<Label>& labels);

/// Takes the longest name at the start of `rest` away; empty when there is none. A label's has no ':'.
enum class NameOf { series, label };
[[nodiscard]] std::string_view take_name(std::string_view& rest, NameOf what);
/// Takes a text in double quotes away, with its escapes (\\, \", \n) resolved.
[[nodiscard]] Result<std::string> take_quoted(std::string_view& rest);

}  // namespace dynascale::exposition
