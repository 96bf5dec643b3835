#include "hostd/history/store.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "hostd/history/columns.hpp"

namespace dynascale::hostd {
namespace {

constexpr int layout = 1;
constexpr std::int64_t page_bytes = 4096;

const char* const tables = R"(
CREATE TABLE guests(
  id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, name TEXT NOT NULL, seen_s INTEGER NOT NULL DEFAULT 0,
  boot_vcpus REAL NOT NULL DEFAULT 0, boot_memory_mib REAL NOT NULL DEFAULT 0, gone INTEGER NOT NULL DEFAULT 0);
CREATE TABLE events(
  id INTEGER PRIMARY KEY, guest INTEGER NOT NULL, at_ms INTEGER NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX events_of_guest ON events(guest, at_ms);
)";

std::string usage_table() {
  const auto columns =
      for_columns([](const UsageColumn& column) { return fmt::format("{} REAL NOT NULL", column.name); });
  return fmt::format(
      "CREATE TABLE usage(guest INTEGER NOT NULL, step_s INTEGER NOT NULL, start_s INTEGER NOT NULL, {}, "
      "boot_vcpu_s REAL NOT NULL, boot_memory_mib_s REAL NOT NULL, PRIMARY KEY(guest, step_s, start_s)) WITHOUT ROWID",
      columns);
}

/// A step that is there already takes the new one up: sums are added, peaks compared.
std::string upsert() {
  const auto names = for_columns([](const UsageColumn& column) { return std::string{column.name}; });
  const auto values = for_columns([](const UsageColumn&) { return std::string{"?"}; });
  const auto merged = for_columns([](const UsageColumn& column) {
    return column.adds_up == AddsUp::sum ? fmt::format("{0} = {0} + excluded.{0}", column.name)
                                         : fmt::format("{0} = max({0}, excluded.{0})", column.name);
  });
  return fmt::format(
      "INSERT INTO usage(guest, step_s, start_s, {}, boot_vcpu_s, boot_memory_mib_s) VALUES(?, ?, ?, {}, "
      "?4 * (SELECT boot_vcpus FROM guests WHERE id = ?1), ?4 * (SELECT boot_memory_mib FROM guests WHERE id = ?1)) "
      "ON CONFLICT DO UPDATE SET {}, boot_vcpu_s = boot_vcpu_s + excluded.boot_vcpu_s, "
      "boot_memory_mib_s = boot_memory_mib_s + excluded.boot_memory_mib_s",
      names, values, merged);
}

}  // namespace

HistoryStore::HistoryStore(Database database, const Retention& retention)
    : database_{std::move(database)}, retention_{retention} {}

Result<HistoryStore> HistoryStore::open(const std::filesystem::path& path, const Retention& retention) {
  auto database = Database::open(path);
  if (!database) return tl::unexpected(database.error());
  HistoryStore store{std::move(*database), retention};
  if (const auto ready = store.prepare_layout(); !ready) return tl::unexpected(ready.error());
  return store;
}

Status HistoryStore::prepare_layout() {
  const auto version = database_.number("PRAGMA user_version");
  if (!version) return tl::unexpected(version.error());
  const auto pages = std::max<std::int64_t>(static_cast<std::int64_t>(retention_.max_size.count()) / page_bytes, 64);
  if (const auto bounded = database_.run(fmt::format("PRAGMA max_page_count={}", pages)); !bounded) return bounded;
  if (*version == layout) return {};
  const auto objects = database_.number("SELECT count(*) FROM sqlite_schema");
  if (!objects) return tl::unexpected(objects.error());
  if (*version != 0 || *objects != 0)
    return fail(Errc::corrupt, fmt::format("its layout is {}, and this version knows {}", *version, layout));
  return database_.transaction(
      [&] { return database_.run(fmt::format("{} {}; PRAGMA user_version={}", tables, usage_table(), layout)); });
}

Status HistoryStore::write(const Batch& batch) {
  const auto written = database_.transaction([&] { return write_all(batch); });
  if (!written && written.error().code != Errc::limit_exceeded) return written;
  const auto used = size();
  const bool full = used && used->scaled(1 / 0.9) > retention_.max_size;
  if (!full) return written;
  const auto shed_some = database_.transaction([&] { return shed(); });
  if (!shed_some) return shed_some;
  if (written) return written;
  return fail(Errc::unavailable, "the history is as large as it may be; its oldest part was dropped");
}

Status HistoryStore::write_all(const Batch& batch) {
  for (const auto& guest : batch.guests)
    if (const auto noted = note(guest); !noted) return noted;
  for (const auto& row : batch.usage)
    if (const auto added = add(row); !added) return added;
  for (const auto& row : batch.events)
    if (const auto added = add(row); !added) return added;
  return {};
}

Status HistoryStore::note(const GuestNote& guest) {
  if (!guest.boot) {
    auto left = database_.cached("UPDATE guests SET gone = 1 WHERE uuid = ?");
    if (!left) return tl::unexpected(left.error());
    (*left)->bind(1, guest.uuid);
    return (*left)->run();
  }
  auto seen = database_.cached(
      "INSERT INTO guests(uuid, name, boot_vcpus, boot_memory_mib) VALUES(?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
      "name = excluded.name, boot_vcpus = iif(gone, excluded.boot_vcpus, boot_vcpus), "
      "boot_memory_mib = iif(gone, excluded.boot_memory_mib, boot_memory_mib), gone = 0");
  if (!seen) return tl::unexpected(seen.error());
  (*seen)->bind(1, guest.uuid);
  (*seen)->bind(2, guest.name);
  (*seen)->bind(3, std::int64_t{guest.boot->vcpus.value});
  (*seen)->bind(4, static_cast<double>(guest.boot->memory.count()) / (1 << 20U));
  return (*seen)->run();
}

Status HistoryStore::add(const UsageRow& row) {
  const auto guest = id_of(row.uuid);
  if (!guest) return tl::unexpected(guest.error());
  static const std::string sql = upsert();
  auto statement = database_.cached(sql);
  if (!statement) return tl::unexpected(statement.error());
  for (const auto& step : usage_steps) {
    const auto length = step.length.count();
    int at = 1;
    (*statement)->bind(at++, *guest);
    (*statement)->bind(at++, std::int64_t{length});
    (*statement)->bind(at++, history::step_of(row.slot.start_s, length));
    for (const auto& column : usage_columns) (*statement)->bind(at++, row.slot.usage.*column.member);
    if (const auto done = (*statement)->run(); !done) return done;
  }
  auto seen = database_.cached("UPDATE guests SET seen_s = max(seen_s, ?) WHERE id = ?");
  if (!seen) return tl::unexpected(seen.error());
  (*seen)->bind(1, row.slot.start_s);
  (*seen)->bind(2, *guest);
  return (*seen)->run();
}

Status HistoryStore::add(const EventRow& row) {
  const auto guest = id_of(row.uuid);
  if (!guest) return tl::unexpected(guest.error());
  auto statement = database_.cached("INSERT INTO events(guest, at_ms, kind, body) VALUES(?, ?, ?, ?)");
  if (!statement) return tl::unexpected(statement.error());
  (*statement)->bind(1, *guest);
  (*statement)->bind(2, row.at_ms);
  (*statement)->bind(3, row.kind);
  (*statement)->bind(4, row.body);
  return (*statement)->run();
}

}  // namespace dynascale::hostd
