#pragma once
/// What a drill saw, and the grades that follow. Pure.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "check/drill/answers.hpp"
#include "check/drill/process_tree.hpp"
#include "check/model/finding.hpp"

namespace dynascale::check {

/// One look at the program.
struct Observation {
  Pools pools;
  std::uint64_t rss_bytes = 0;
  std::map<std::string, std::string> probe;  ///< "name value" lines of --probe.
  std::uint64_t questions = 0;               ///< Answered since the look before.
  bool alive = false;
  std::optional<bool> accepts;  ///< Whether the port answers; nothing without --ready-port.
};

/// One start of the program: at `from`, moved to `to` while it runs, then reloaded.
struct Run {
  Machine from;
  Machine to;
  std::vector<Observation>
      looks;  ///< Start, moved, and reloaded when a reload was asked for; fewer when it died.
  bool pinned = false;
  bool tasks_denied = false;
  std::string failure;  ///< What cut it short: it died, never was ready.
};

/// Something whose size depends on the machine's, or might.
struct Metric {
  std::string name;  ///< "gunicorn: processes", "java: threads", "probe workers".
  std::string at_min;
  std::string at_max;
  std::string grown;  ///< After the move to the maximum; "-" when it was not seen.
  std::string grown_reloaded;
  std::string shrunk;
  std::string shrunk_reloaded;
  bool depends = false;  ///< A start at the maximum differs from one at the minimum.
  Adaptation grow = Adaptation::never;
  Adaptation shrink = Adaptation::never;
};

struct Drill {
  Run grow;
  Run shrink;
  std::string by = {};  ///< What changed the size; empty when it was simulated.
  /// A program that ran already: what it kept from its start cannot be told from what is fixed.
  bool one_start = false;
  std::vector<std::string> notes = {};
};

struct Grades {
  std::vector<Metric> metrics;
  /// The worst of the metrics that depend on the machine; `never` when none does; `unknown` when a run was
  /// cut short before it could tell, and for a program of one start of which nothing moved.
  Adaptation grow = Adaptation::unknown;
  Adaptation shrink = Adaptation::unknown;
};

[[nodiscard]] Grades grade(const Drill& drill);

[[nodiscard]] std::string drill_text(const Drill& drill, const Grades& grades);
[[nodiscard]] std::string drill_json(const Drill& drill, const Grades& grades);

}  // namespace dynascale::check
