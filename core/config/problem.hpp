#pragma once
/// What is wrong with a configuration. All problems are found in one go; with any of them nothing is applied.

#include <string>
#include <string_view>
#include <vector>

namespace dynascale::config {

struct Problem {
  std::string file;
  unsigned line = 0;    ///< From 1; 0 when the source has no lines.
  unsigned column = 0;  ///< From 1.
  std::string key;      ///< Dotted path, as "guest.web1.pressure.target_percent".
  std::string what;     ///< What was expected, and perhaps which key was meant.
  bool operator==(const Problem&) const = default;
};

/// "hostd.toml:12:5: pressure.target_percent: must be a number from 1 to 100".
[[nodiscard]] std::string to_string(const Problem& problem);

/// One line each.
[[nodiscard]] std::string to_string(const std::vector<Problem>& problems);

/// The candidate most like `word`, if any is like it at all.
[[nodiscard]] std::string_view nearest(std::string_view word,
                                       const std::vector<std::string_view>& candidates);

/// Either a value without problems, or problems and no value to use.
template <class T>
struct Checked {
  T value;
  std::vector<Problem> problems;
  [[nodiscard]] bool ok() const { return problems.empty(); }
};

}  // namespace dynascale::config
