/// Reading.

#include <fmt/format.h>

#include <algorithm>

#include "hostd/history/columns.hpp"
#include "hostd/history/store.hpp"

namespace dynascale::hostd {
namespace {

/// Steps `statement` to its end; `take` is given each row.
template <class F>
Status each_row(Statement& statement, F take) {
  for (;;) {
    const auto row = statement.step();
    if (!row) return tl::unexpected(row.error());
    if (!*row) return {};
    take();
  }
}

}  // namespace

Result<std::string> HistoryStore::find(const std::string& name_or_uuid) {
  auto statement = database_.prepare("SELECT uuid FROM guests WHERE uuid = ?1 OR name = ?1 "
                                     "ORDER BY uuid = ?1 DESC, gone, seen_s DESC LIMIT 1");
  if (!statement) return tl::unexpected(statement.error());
  statement->bind(1, name_or_uuid);
  const auto row = statement->step();
  if (!row) return tl::unexpected(row.error());
  if (!*row) return fail(Errc::not_found, fmt::format("the history knows no guest '{}'", name_or_uuid));
  return statement->text(0);
}

Result<std::int64_t> HistoryStore::id_of(const std::string& uuid) {
  auto statement = database_.cached("SELECT id FROM guests WHERE uuid = ?");
  if (!statement) return tl::unexpected(statement.error());
  (*statement)->bind(1, uuid);
  const auto row = (*statement)->step();
  if (!row) return tl::unexpected(row.error());
  if (*row) return (*statement)->last_whole(0);
  auto made = database_.cached("INSERT INTO guests(uuid, name, gone) VALUES(?1, ?1, 1) RETURNING id");
  if (!made) return tl::unexpected(made.error());
  (*made)->bind(1, uuid);
  const auto created = (*made)->step();
  if (!created) return tl::unexpected(created.error());
  return (*made)->last_whole(0);
}

Result<std::vector<UsagePoint>> HistoryStore::series(const std::string& uuid, std::chrono::seconds step,
                                                     const Period& period) {
  const auto columns = for_columns([](const UsageColumn& column) { return std::string{column.name}; });
  auto statement = database_.prepare(fmt::format(
      "SELECT start_s, {}, boot_vcpu_s, boot_memory_mib_s FROM usage WHERE guest = (SELECT id FROM guests WHERE "
      "uuid = ?) AND step_s = ? AND start_s >= ? AND start_s < ? ORDER BY start_s LIMIT {}",
      columns, max_points));
  if (!statement) return tl::unexpected(statement.error());
  statement->bind(1, uuid);
  statement->bind(2, std::int64_t{step.count()});
  statement->bind(3, period.from_s);
  statement->bind(4, period.to_s);
  std::vector<UsagePoint> points;
  const auto read = each_row(*statement, [&] {
    points.push_back(point_of(*statement, 1));
    points.back().start_s = statement->whole(0);
  });
  if (!read) return tl::unexpected(read.error());
  return points;
}

Result<std::vector<GuestUsage>> HistoryStore::totals(std::chrono::seconds step, const Period& period) {
  const auto columns = for_columns([](const UsageColumn& column) {
    return fmt::format("{}(usage.{})", column.adds_up == AddsUp::sum ? "sum" : "max", column.name);
  });
  auto statement = database_.prepare(fmt::format(
      "SELECT uuid, name, min(start_s), {}, sum(boot_vcpu_s), sum(boot_memory_mib_s) FROM guests CROSS JOIN usage ON "
      "usage.guest = guests.id AND step_s = ? AND start_s >= ? AND start_s < ? GROUP BY guests.id ORDER BY name, uuid",
      columns));
  if (!statement) return tl::unexpected(statement.error());
  statement->bind(1, std::int64_t{step.count()});
  statement->bind(2, period.from_s);
  statement->bind(3, period.to_s);
  std::vector<GuestUsage> all;
  const auto read = each_row(*statement, [&] {
    all.push_back({statement->text(0), statement->text(1), point_of(*statement, 3)});
    all.back().total.start_s = statement->whole(2);
  });
  if (!read) return tl::unexpected(read.error());
  return all;
}

Result<std::vector<KnownEvent>> HistoryStore::events(const std::string& uuid, const Period& period, std::size_t most) {
  auto statement = database_.prepare(
      "SELECT at_ms, kind, body FROM events WHERE guest = (SELECT id FROM guests WHERE uuid = ?) AND at_ms >= ? AND "
      "at_ms < ? ORDER BY at_ms DESC, id DESC LIMIT ?");
  if (!statement) return tl::unexpected(statement.error());
  statement->bind(1, uuid);
  statement->bind(2, period.from_s * 1000);
  statement->bind(3, period.to_s * 1000);
  statement->bind(4, static_cast<std::int64_t>(std::min(most, max_events)));
  std::vector<KnownEvent> all;
  const auto read = each_row(
      *statement, [&] { all.push_back({statement->whole(0), statement->text(1), statement->text(2)}); });
  if (!read) return tl::unexpected(read.error());
  std::ranges::reverse(all);
  return all;
}

Result<std::optional<KnownEvent>> HistoryStore::last_event(const std::string& uuid, const std::string& kind,
                                                           std::int64_t until_s) {
  auto statement = database_.prepare(
      "SELECT at_ms, kind, body FROM events WHERE guest = (SELECT id FROM guests WHERE uuid = ?) AND at_ms < ? AND "
      "kind = ? ORDER BY at_ms DESC, id DESC LIMIT 1");
  if (!statement) return tl::unexpected(statement.error());
  statement->bind(1, uuid);
  statement->bind(2, (until_s + 1) * 1000);
  statement->bind(3, kind);
  const auto row = statement->step();
  if (!row) return tl::unexpected(row.error());
  if (!*row) return std::optional<KnownEvent>{};
  return std::optional{KnownEvent{statement->whole(0), statement->text(1), statement->text(2)}};
}

Result<Bytes> HistoryStore::size() {
  const auto pages = database_.number("PRAGMA page_count");
  if (!pages) return tl::unexpected(pages.error());
  const auto free = database_.number("PRAGMA freelist_count");
  if (!free) return tl::unexpected(free.error());
  const auto bytes = database_.number("PRAGMA page_size");
  if (!bytes) return tl::unexpected(bytes.error());
  return Bytes::of(static_cast<std::uint64_t>((*pages - *free) * *bytes));
}

Result<std::int64_t> HistoryStore::newest_s() { return database_.number("SELECT max(seen_s) FROM guests"); }

}  // namespace dynascale::hostd
