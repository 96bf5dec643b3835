#include "check/drill/drill_runs.hpp"

namespace dynascale::check {
namespace {

/// Looks at one moment; false when the run cannot go on.
Status look_once(Session& session, Run& run) {
  auto seen = session.look();
  if (!seen) return tl::unexpected{seen.error()};
  run.looks.push_back(*seen);
  if (!seen->alive) return fail(Errc::unavailable, session.ending() + " during the drill");
  return {};
}

bool reloads(const DrillOptions& options) {
  return !options.reload_command.empty() || options.reload_signal != 0;
}

/// The move and what follows; the look before it is there already.
Status move_steps(Session& session, const DrillOptions& options, Run& run) {
  if (auto moved = session.become(run.to); !moved) return moved;
  if (auto seen = look_once(session, run); !seen) return seen;
  if (!reloads(options)) return {};
  if (auto reloaded = session.reload(); !reloaded) return reloaded;
  return look_once(session, run);
}

Status start_steps(Session& session, const DrillOptions& options, Run& run) {
  if (auto started = session.start(); !started) return started;
  if (auto ready = session.until_ready(); !ready) return ready;
  if (auto seen = look_once(session, run); !seen) return seen;
  return move_steps(session, options, run);
}

Run empty_run(const Machine& from, const Machine& to) {
  return {.from = from, .to = to, .looks = {}, .pinned = false, .tasks_denied = false, .failure = {}};
}

bool is_final(Errc code) {
  return code == Errc::cancelled || code == Errc::not_found || code == Errc::permission_denied ||
         code == Errc::unsupported;
}

/// One start and one move. Errors are those that make a second start useless.
Result<Run> drill_run(const DrillOptions& options, const Machine& from, const Machine& to, Mover* mover) {
  auto run = empty_run(from, to);
  Session session{options, from, mover};
  const auto outcome = start_steps(session, options, run);
  run.pinned = session.pinned();
  run.tasks_denied = session.tasks_denied();
  if (outcome) return run;
  // Without the other size there is no second start.
  if (is_final(outcome.error().code) || (mover != nullptr && run.looks.size() == 1))
    return tl::unexpected{outcome.error()};
  run.failure = outcome.error().what;
  return run;
}

}  // namespace

Result<Drill> drill_starts(const DrillOptions& options, Mover* mover) {
  auto grown = drill_run(options, options.least, options.most, mover);
  if (!grown) return tl::unexpected{grown.error()};
  const auto most = mover != nullptr ? mover->second() : options.most;
  auto shrunk = drill_run(options, most, options.least, mover);
  if (!shrunk) return tl::unexpected{shrunk.error()};
  grown->to = most;
  Drill drill;
  drill.grow = std::move(*grown);
  drill.shrink = std::move(*shrunk);
  if (mover != nullptr) {
    drill.by = mover->name();
    drill.notes = mover->notes();
  }
  return drill;
}

Result<Drill> drill_live(const DrillOptions& options, Mover& mover) {
  Session session{options, mover.first(), &mover};
  auto there = empty_run(mover.first(), mover.second());
  const auto first = start_steps(session, options, there);
  if (!first && (is_final(first.error().code) || there.looks.size() < 2)) return tl::unexpected{first.error()};
  if (!first) there.failure = first.error().what;
  there.to = mover.second();
  auto back = empty_run(there.to, mover.first());
  if (first) {
    back.looks.push_back(there.looks.back());
    const auto second = move_steps(session, options, back);
    if (!second && is_final(second.error().code)) return tl::unexpected{second.error()};
    if (!second) back.failure = second.error().what;
  }
  const bool grew_first = there.to.cpus > there.from.cpus;
  Drill drill;
  drill.grow = grew_first ? there : back;
  drill.shrink = grew_first ? back : there;
  drill.by = mover.name();
  drill.one_start = true;
  drill.notes = mover.notes();
  return drill;
}

}  // namespace dynascale::check
