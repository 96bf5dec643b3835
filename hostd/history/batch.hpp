#pragma once
/// What goes into the history in one transaction, and what comes out of it.

#include <optional>
#include <string>
#include <vector>

#include "core/history/usage.hpp"

namespace dynascale::hostd {

/// Which guests the history knows: `boot` is the size in which it was first seen after its start.
struct GuestNote {
  std::string uuid;
  std::string name;
  std::optional<Size> boot;  ///< Absent: the guest is no longer running.
};

struct UsageRow {
  std::string uuid;
  history::Slot slot;
};

/// A decision, a resize or a learned floor, as the API tells them.
struct EventRow {
  std::string uuid;
  std::int64_t at_ms = 0;  ///< Wall time.
  std::string kind;        ///< "decision", "resize", "floor".
  std::string body;        ///< A JSON object.
};

struct Batch {
  std::vector<GuestNote> guests;
  std::vector<UsageRow> usage;
  std::vector<EventRow> events;
  [[nodiscard]] bool empty() const { return guests.empty() && usage.empty() && events.empty(); }
};

/// Usage over one step or one period, beside what the size at start would have been.
struct UsagePoint {
  std::int64_t start_s = 0;
  history::Usage usage;
  double boot_vcpu_s = 0;
  double boot_memory_mib_s = 0;
};

struct GuestUsage {
  std::string uuid;
  std::string name;
  UsagePoint total;  ///< `start_s`: of the first step that was seen.
};

struct KnownEvent {
  std::int64_t at_ms = 0;
  std::string kind;
  std::string body;
};

/// Wall time, seconds since 1970: from, included, to, not included.
struct Period {
  std::int64_t from_s = 0;
  std::int64_t to_s = 0;
};

}  // namespace dynascale::hostd
