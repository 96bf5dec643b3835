#pragma once
/// What happened to a guest, newest last, bounded: decisions, resizes with their steps, and re-tunings. For
/// `explain`, `status` and the timeline; nothing depends on it.

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "core/plan/resize_machine.hpp"
#include "core/policy/decision.hpp"
#include "core/wire/messages.hpp"

namespace dynascale::hostd {

/// Wall time beside the steady one: people and other machines read the record.
struct Moment {
  Instant steady;
  std::chrono::system_clock::time_point wall;
};

struct DecisionRecord {
  Moment first;  ///< When the decision was made first,
  Moment last;   ///< and when it was last made again in the same way.
  std::uint64_t times = 1;
  Size current;
  policy::Decision decision;
};

struct StepRecord {
  Moment at;
  plan::Step step;
};

struct RetunedRecord {
  Moment at;
  wire::Retuned retuned;
};

struct ResizeRecord {
  std::uint64_t number = 0;  ///< Counts up from 1 in this process.
  Moment started;
  std::optional<Moment> signalled;  ///< When the load that caused it was first seen.
  Size from;
  Size target;
  std::string reason;
  std::vector<StepRecord> steps;
  std::vector<RetunedRecord> retuned;
  std::optional<Moment> ended;
  std::optional<plan::Finished> finished;
};

class Record {
 public:
  static constexpr std::size_t max_decisions = 64;
  static constexpr std::size_t max_resizes = 64;
  static constexpr std::size_t max_steps = 64;  ///< Of one resize.

  /// True: it is not the decision before, made again.
  bool decided(Moment now, const Size& current, const policy::Decision& decision);
  void started(Moment now, std::optional<Moment> signalled, const Size& from, const Size& target, std::string reason);
  void step(Moment now, const plan::Step& step);
  void retuned(Moment now, const wire::Retuned& retuned);
  void finished(Moment now, const plan::Finished& finished);

  [[nodiscard]] const std::deque<DecisionRecord>& decisions() const { return decisions_; }
  [[nodiscard]] const std::deque<ResizeRecord>& resizes() const { return resizes_; }

 private:
  std::deque<DecisionRecord> decisions_;
  std::deque<ResizeRecord> resizes_;
  std::uint64_t count_ = 0;
};

}  // namespace dynascale::hostd
