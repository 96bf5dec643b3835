#pragma once
/// What a project has decided about its findings: .dynascale.toml, and a baseline of known ones.

#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "check/catalog/catalog.hpp"
#include "check/engine/scan.hpp"

namespace dynascale::check {

/// One `[[ignore]]` of the settings file.
struct Ignore {
  std::string rule;    ///< Empty: every rule.
  std::string path;    ///< Glob over the printed path; empty: every path.
  std::string reason;  ///< Without one the ignore itself is reported (DSC901).
  std::string until;   ///< YYYY-MM-DD; afterwards the finding returns.
  std::uint32_t line = 0;
};

struct Policy {
  std::string file;
  std::vector<std::string> excludes;
  std::vector<Ignore> ignores;
};

/// `path` empty: .dynascale.toml of the current folder when there is one. Errors: `corrupt` or `not_found`,
/// with file, line and key; unknown keys are refused.
[[nodiscard]] Result<Policy> load_policy(const std::string& path, const Catalog& catalog);
/// Pure but for `today` ("YYYY-MM-DD"), by default the day of the system clock.
void apply_policy(const Policy& policy, ScanReport& report);
void apply_policy(const Policy& policy, ScanReport& report, const std::string& today);

struct Baseline {
  std::unordered_set<std::string> fingerprints;
};

[[nodiscard]] Result<Baseline> load_baseline(const std::string& path);
[[nodiscard]] std::string baseline_text(const ScanReport& report);
void apply_baseline(const Baseline& baseline, ScanReport& report);

}  // namespace dynascale::check
