#pragma once
/// Figures of the applications' own as their sources told them last, for the host. Pure; bounded.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/model/metric.hpp"
#include "core/model/result.hpp"
#include "core/wire/messages.hpp"

namespace dynascale::agent {

class MetricBook {
 public:
  /// Takes the figures of `source` over, in place of earlier ones of the same names; the host is shown `from`. All or
  /// nothing. Errors: `corrupt` (a name or a value that is none), `limit_exceeded`.
  Status tell(const std::string& source, const std::string& from, const Figures& figures, Instant now);
  /// The source was asked for `name` and did not tell: it has no value any more, and the host is shown `why`.
  void miss(const std::string& source, const std::string& from, const std::string& name, const std::string& why,
            Instant now);
  /// The source could not be asked: what it told last stays, gets old, and is shown with `why`.
  void ail(const std::string& source, const std::string& why);
  /// Names that the source has told, or missed.
  [[nodiscard]] std::vector<std::string> names_of(const std::string& source) const;
  /// The source is gone, and so is what it told.
  void forget(const std::string& source);
  /// For a report.
  [[nodiscard]] std::vector<wire::Metric> current(Instant now) const;

 private:
  struct Entry {
    std::string from;
    std::optional<double> value;
    Instant at;
    std::string note = {};
  };
  std::map<std::pair<std::string, std::string>, Entry> entries_;  ///< By source and name.
};

}  // namespace dynascale::agent
