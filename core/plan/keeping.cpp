#include "core/plan/keeping.hpp"

namespace dynascale::plan {

std::optional<Size> keep_due(Keeping& keeping, const Size& size, Duration after, Instant now) {
  if (keeping.size != size) keeping = {.size = size, .since = now, .written = false};
  if (after == Duration::zero() || keeping.written || now - keeping.since < after) return std::nullopt;
  keeping.written = true;
  return size;
}

void note_not_kept(Keeping& keeping, Instant now) {
  keeping.since = now;
  keeping.written = false;
}

}  // namespace dynascale::plan
