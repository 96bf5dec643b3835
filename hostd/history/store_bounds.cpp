/// Forgetting: by age, by number of guests, and by size.

#include <fmt/format.h>

#include <algorithm>

#include "hostd/history/store.hpp"

namespace dynascale::hostd {
namespace {

constexpr std::int64_t day_s = 86400;

}  // namespace

Status HistoryStore::forget(std::int64_t now_s) {
  return database_.transaction([&]() -> Status {
    const Period events{now_s - retention_.keep.count(), now_s + day_s};
    if (const auto done = remove_events_outside(events); !done) return done;
    for (const auto& step : usage_steps) {
      const Period kept{now_s - std::min(step.keep, retention_.keep).count(), now_s + day_s};
      if (const auto done = remove_usage_outside(step.length, kept); !done) return done;
    }
    const auto seen =
        database_.run(fmt::format("UPDATE guests SET seen_s = {} WHERE seen_s > {}", now_s, now_s + day_s));
    if (!seen) return seen;
    return forget_guests();
  });
}

Status HistoryStore::forget_guests() {
  return database_.run(fmt::format(
      "DELETE FROM guests WHERE gone AND NOT EXISTS (SELECT 1 FROM usage WHERE guest = id) AND "
      "NOT EXISTS (SELECT 1 FROM events WHERE guest = guests.id); "
      "CREATE TEMP TABLE surplus AS SELECT id FROM guests ORDER BY gone, seen_s DESC LIMIT -1 OFFSET {}; "
      "DELETE FROM usage WHERE guest IN (SELECT id FROM surplus); "
      "DELETE FROM events WHERE guest IN (SELECT id FROM surplus); "
      "DELETE FROM guests WHERE id IN (SELECT id FROM surplus); DROP TABLE surplus",
      max_known_guests));
}

Result<std::vector<std::int64_t>> HistoryStore::guest_ids() {
  auto statement = database_.prepare("SELECT id FROM guests");
  if (!statement) return tl::unexpected(statement.error());
  std::vector<std::int64_t> ids;
  for (;;) {
    const auto row = statement->step();
    if (!row) return tl::unexpected(row.error());
    if (!*row) return ids;
    ids.push_back(statement->whole(0));
  }
}

/// One guest at a time: each is a range of the index.
Status HistoryStore::for_each_guest(const char* sql, const Period& period, std::int64_t third) {
  const auto ids = guest_ids();
  if (!ids) return tl::unexpected(ids.error());
  auto statement = database_.prepare(sql);
  if (!statement) return tl::unexpected(statement.error());
  for (const auto id : *ids) {
    statement->bind(1, id);
    statement->bind(2, period.from_s);
    statement->bind(3, period.to_s);
    statement->bind(4, third);
    if (const auto done = statement->run(); !done) return done;
  }
  return {};
}

Status HistoryStore::remove_usage_outside(std::chrono::seconds step, const Period& period) {
  for (const auto* sql : {"DELETE FROM usage WHERE guest = ?1 AND step_s = ?4 AND start_s < ?2",
                          "DELETE FROM usage WHERE guest = ?1 AND step_s = ?4 AND start_s > ?3"})
    if (const auto done = for_each_guest(sql, period, step.count()); !done) return done;
  return {};
}

Status HistoryStore::remove_events_outside(const Period& period) {
  for (const auto* sql : {"DELETE FROM events WHERE guest = ?1 AND at_ms < ?2 * ?4",
                          "DELETE FROM events WHERE guest = ?1 AND at_ms > ?3 * ?4"})
    if (const auto done = for_each_guest(sql, period, 1000); !done) return done;
  return {};
}

/// The finest steps and the events go first: what they tell is told, coarser, by the others.
Status HistoryStore::shed() {
  for (const auto& step : usage_steps) {
    if (const auto done = shed_step(step.length); !done) return done;
    if (step.length == usage_steps.front().length) {
      const auto done = database_.run(
          "DELETE FROM events WHERE id <= (SELECT min(id) + (max(id) - min(id)) / 4 FROM events)");
      if (!done) return done;
    }
    const auto used = size();
    if (!used) return tl::unexpected(used.error());
    if (used->scaled(1 / 0.8) <= retention_.max_size) return {};
  }
  return {};
}

/// The older quarter of the time that steps of this length cover.
Status HistoryStore::shed_step(std::chrono::seconds step) {
  const auto bound = [&](const char* which) {
    return database_.number(fmt::format("SELECT {}(start_s) FROM usage WHERE step_s = {}", which, step.count()));
  };
  const auto oldest = bound("min");
  if (!oldest) return tl::unexpected(oldest.error());
  const auto newest = bound("max");
  if (!newest) return tl::unexpected(newest.error());
  return remove_usage_outside(step, {*oldest + (*newest - *oldest) / 4 + 1, *newest});
}

}  // namespace dynascale::hostd
