#pragma once
/// The closing number, and the grades by component and question.

#include <array>
#include <map>
#include <string>

#include "check/catalog/catalog.hpp"
#include "check/engine/scan.hpp"

namespace dynascale::check {

struct Score {
  int total = 100, grow = 100, shrink = 100;
  std::size_t errors = 0, warnings = 0, notes = 0;
  [[nodiscard]] bool blocked() const { return errors > 0; }
};

/// 100 minus what each distinct (component, rule) costs: 12 an error, 5 a warning, 1 a note; growing and
/// shrinking apart, by what the rule says it hinders. An error caps the number at 49: a blocker is not
/// outweighed.
[[nodiscard]] Score score_of(const ScanReport& report, const Catalog& catalog);

/// The worst adaptation of a component for each question 1-6; nothing found is an empty cell.
struct ComponentGrades {
  std::array<std::optional<Adaptation>, 7> by_question;
  Level worst = Level::note;
};

[[nodiscard]] std::map<std::string, ComponentGrades> grades_of(const ScanReport& report,
                                                               const Catalog& catalog);

}  // namespace dynascale::check
