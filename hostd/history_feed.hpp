#pragma once
/// What of the guests becomes history: a look at each once a period, decisions, resizes, learned floors. One loop
/// thread; without a recorder it does nothing.

#include <map>

#include "hostd/guest.hpp"
#include "hostd/history/recorder.hpp"

namespace dynascale::hostd {

class HistoryFeed {
 public:
  explicit HistoryFeed(HistoryRecorder* recorder) : recorder_{recorder} {}

  void look(const Guest& guest, const Moment& now);
  void decided(const GuestId& guest, const DecisionRecord& decision);
  void resized(const GuestId& guest, const ResizeRecord& resize);
  void left(const GuestId& guest);
  /// The daemon ends, and its guests go on.
  void close() { recorder_ = nullptr; }

 private:
  struct Floors {
    std::optional<Instant> vcpus;  ///< When the one on record was learned.
    std::optional<Instant> memory;
  };
  void learned(const Guest& guest, const char* resource, const std::optional<policy::Floor>& floor,
               std::optional<Instant>& on_record, const Moment& now);

  HistoryRecorder* recorder_;
  std::map<GuestId, Floors> floors_;
};

/// What the history notes of a guest now. Pure.
[[nodiscard]] history::Observation observation_of(const Guest& guest, Instant now);

}  // namespace dynascale::hostd
