#pragma once
/// The runs of a drill: two starts, or one program that runs already. Block; SIGINT and SIGTERM cut them short.

#include "check/drill/session.hpp"

namespace dynascale::check {

/// A start at each end of the envelope and a move to the other, simulated or, with a `mover`, real. Errors: those
/// that make a second start useless, `cancelled` among them.
[[nodiscard]] Result<Drill> drill_starts(const DrillOptions& options, Mover* mover);

/// The program `options.live_pid`, moved to the other end and back. Errors: those of the first move, `not_found`,
/// `cancelled`.
[[nodiscard]] Result<Drill> drill_live(const DrillOptions& options, Mover& mover);

}  // namespace dynascale::check
