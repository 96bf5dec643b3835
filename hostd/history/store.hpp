#pragma once
/// The history in one SQLite file: usage in steps of 10 s, 5 min and 1 h, events, and which guests they are of. A
/// batch is written whole or not at all. Any thread, one at a time. Errors are Database's.

#include <array>
#include <filesystem>

#include "hostd/history/batch.hpp"
#include "hostd/history/database.hpp"

namespace dynascale::hostd {

/// How long the history goes back, and how large its file gets: beyond it the finest and oldest goes first.
struct Retention {
  std::chrono::seconds keep = std::chrono::hours{24} * 400;  ///< Events, and usage in steps of 1 h.
  Bytes max_size = Bytes::mib(512);
};

struct UsageStep {
  std::chrono::seconds length;
  std::chrono::seconds keep;  ///< Or less, when everything is kept for less.
};
inline constexpr std::array usage_steps{
    UsageStep{history::finest_step, std::chrono::hours{48}},
    UsageStep{std::chrono::minutes{5}, std::chrono::hours{24} * 35},
    UsageStep{std::chrono::hours{1}, std::chrono::seconds::max()},
};

inline constexpr std::size_t max_points = 20'000;      ///< Of one answer.
inline constexpr std::size_t max_events = 1000;        ///< Of one answer.
inline constexpr std::size_t max_known_guests = 10'000;  ///< Beyond it those not seen for longest are forgotten.

class HistoryStore {
 public:
  /// Errors besides: `corrupt` when the file is of another layout than this version's.
  [[nodiscard]] static Result<HistoryStore> open(const std::filesystem::path& path, const Retention& retention);

  Status write(const Batch& batch);
  /// Forgets what is older than it is kept, and what claims to be from after tomorrow.
  Status forget(std::int64_t now_s);

  /// The UUID of the guest with this UUID or, of several with one name, of the one seen last. Error: `not_found`.
  [[nodiscard]] Result<std::string> find(const std::string& name_or_uuid);
  /// Oldest first; a step in which the guest was not seen is left out.
  [[nodiscard]] Result<std::vector<UsagePoint>> series(const std::string& uuid, std::chrono::seconds step,
                                                       const Period& period);
  /// Every guest that was seen; sums over the steps of this length that begin in the period.
  [[nodiscard]] Result<std::vector<GuestUsage>> totals(std::chrono::seconds step, const Period& period);
  /// The newest of the period, oldest first.
  [[nodiscard]] Result<std::vector<KnownEvent>> events(const std::string& uuid, const Period& period,
                                                       std::size_t most);
  /// The last event of a kind before the end of second `until_s`.
  [[nodiscard]] Result<std::optional<KnownEvent>> last_event(const std::string& uuid, const std::string& kind,
                                                             std::int64_t until_s);
  /// Bytes that hold something, and the time of the newest usage.
  [[nodiscard]] Result<Bytes> size();
  [[nodiscard]] Result<std::int64_t> newest_s();

 private:
  HistoryStore(Database database, const Retention& retention);
  Status prepare_layout();
  Status write_all(const Batch& batch);
  Status note(const GuestNote& guest);
  Status add(const UsageRow& row);
  Status add(const EventRow& row);
  Status forget_guests();
  Status shed();
  Status shed_step(std::chrono::seconds step);
  [[nodiscard]] Result<std::int64_t> id_of(const std::string& uuid);
  [[nodiscard]] Result<std::vector<std::int64_t>> guest_ids();
  Status for_each_guest(const char* sql, const Period& period, std::int64_t third);
  Status remove_usage_outside(std::chrono::seconds step, const Period& period);
  Status remove_events_outside(const Period& period);

  Database database_;
  Retention retention_;
};

}  // namespace dynascale::hostd
