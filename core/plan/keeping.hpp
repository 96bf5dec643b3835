#pragma once
/// When a guest's live size is worth writing into its configuration, so that it starts with it again: once it has held
/// for long, for each start from a size that was only passed through would be wrong. Pure.

#include <optional>

#include "core/model/limits.hpp"
#include "core/model/units.hpp"

namespace dynascale::plan {

struct Keeping {
  Size size;
  Instant since;        ///< The guest has had `size` since.
  bool written = false;  ///< Nothing is to be done until it changes.
  bool operator==(const Keeping&) const = default;
};

/// Takes note of the present size and tells it when it is to be written: it has held for `after` (zero: never) and was
/// not written. `written` is then set; a failed write clears it by `note_not_kept`.
[[nodiscard]] std::optional<Size> keep_due(Keeping& keeping, const Size& size, Duration after, Instant now);

/// Wait anew.
void note_not_kept(Keeping& keeping, Instant now);

}  // namespace dynascale::plan
