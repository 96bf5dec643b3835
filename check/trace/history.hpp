#pragma once
/// When the questions were asked: at start, later, after a signal; and what that says. Pure, bounded.

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "check/trace/question.hpp"

namespace dynascale::check {

enum class Phase : std::uint8_t { boot, later, reload };
inline constexpr std::size_t phase_count = 3;

using TraceTime = std::chrono::milliseconds;  ///< Since the program started.

/// The start ends `grace` after the first listen(), or at `boot_limit` when nothing listens. A reload lasts
/// `reload_window` from its signal on.
struct PhaseRules {
  TraceTime grace{1000};
  TraceTime boot_limit{5000};
  TraceTime reload_window{10000};
};

class PhaseClock {
 public:
  explicit PhaseClock(PhaseRules rules) : rules_{rules} {}
  void listened(TraceTime now);
  void signalled(TraceTime now) { signal_ = now; }
  [[nodiscard]] Phase phase(TraceTime now) const;

 private:
  PhaseRules rules_;
  std::optional<TraceTime> listen_;
  std::optional<TraceTime> signal_;
};

struct Tally {
  std::array<std::uint64_t, phase_count> counts{};
  TraceTime first{0};
};

enum class Habit : std::uint8_t { not_asked, kept, on_reload, again };

[[nodiscard]] std::string_view to_string(Habit habit);

class History {
 public:
  static constexpr std::size_t most_questions = 1000;

  void add(const Question& question, Phase phase, TraceTime now);
  [[nodiscard]] const std::map<Question, Tally>& tallies() const { return tallies_; }
  [[nodiscard]] std::uint64_t left_out() const { return left_out_; }
  /// Over the program's own questions of this topic; noise does not count.
  [[nodiscard]] Habit habit(Topic topic) const;

 private:
  std::map<Question, Tally> tallies_;
  std::uint64_t left_out_ = 0;
};

/// How a run ended, for its report.
struct TraceEnd {
  TraceTime length{0};
  int exit_code = 0;            ///< The program's, or 128 + its signal.
  std::uint64_t processes = 0;  ///< Tasks that were ever traced, threads included.
  std::string incomplete;       ///< Why the trace is not whole; empty when it is.
  bool left_boot = false;       ///< It ran past its start.
};

[[nodiscard]] std::string trace_text(const History& history, const TraceEnd& end);
[[nodiscard]] std::string trace_json(const History& history, const TraceEnd& end);

}  // namespace dynascale::check
