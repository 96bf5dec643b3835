#include "hostd/history/database.hpp"

#include <fmt/format.h>

namespace dynascale::hostd {
namespace {

constexpr int busy_timeout_ms = 50;

Errc code_of(int result) {
  switch (result & 0xFF) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return Errc::corrupt;
    case SQLITE_FULL: return Errc::limit_exceeded;
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH: return Errc::permission_denied;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return Errc::unavailable;
    default: return Errc::io;
  }
}

tl::unexpected<Error> error_of(sqlite3* database) {
  const int result = database == nullptr ? SQLITE_NOMEM : sqlite3_extended_errcode(database);
  const char* const words = database == nullptr ? sqlite3_errstr(result) : sqlite3_errmsg(database);
  return fail(code_of(result), words);
}

}  // namespace

void Statement::bind(int at, std::string_view value) {
  sqlite3_bind_text64(statement_.get(), at, value.data(), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

Result<bool> Statement::step() {
  const int result = sqlite3_step(statement_.get());
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) {
    reset();
    return false;
  }
  const auto error = error_of(sqlite3_db_handle(statement_.get()));
  reset();
  return error;
}

Status Statement::run() {
  for (;;) {
    const auto more = step();
    if (!more) return tl::unexpected(more.error());
    if (!*more) return {};
  }
}

std::string Statement::text(int at) const {
  const auto* const bytes = sqlite3_column_text(statement_.get(), at);
  if (bytes == nullptr) return {};
  const auto length = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), at));
  return {bytes, bytes + length};
}

Result<Database> Database::open(const std::filesystem::path& path) {
  sqlite3* opened = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int result = sqlite3_open_v2(path.c_str(), &opened, flags, nullptr);
  Database database{opened};
  if (result != SQLITE_OK) return error_of(opened);
  sqlite3_busy_timeout(opened, busy_timeout_ms);
  // A write-ahead log survives a kill at any point; with the exclusive lock it needs no shared memory beside it.
  for (const auto* sql : {"PRAGMA locking_mode=EXCLUSIVE", "PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL",
                          "PRAGMA journal_size_limit=4194304", "PRAGMA cell_size_check=ON",
                          "PRAGMA temp_store=MEMORY", "BEGIN IMMEDIATE; COMMIT"})
    if (const auto done = database.run(sql); !done) return tl::unexpected(done.error());
  return database;
}

Status Database::run(const std::string& sql) {
  if (sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return error_of(database_.get());
}

Status Database::transaction(const std::function<Status()>& work) {
  if (const auto begun = run("BEGIN IMMEDIATE"); !begun) return begun;
  auto done = work();
  if (done) done = run("COMMIT");
  if (!done) sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  return done;
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* prepared = nullptr;
  const auto length = static_cast<int>(sql.size());
  if (sqlite3_prepare_v3(database_.get(), sql.data(), length, SQLITE_PREPARE_PERSISTENT, &prepared, nullptr) !=
      SQLITE_OK)
    return error_of(database_.get());
  return Statement{prepared};
}

Result<Statement*> Database::cached(const std::string& sql) {
  const auto known = cached_.find(sql);
  if (known != cached_.end()) return &known->second;
  auto prepared = prepare(sql);
  if (!prepared) return tl::unexpected(prepared.error());
  return &cached_.emplace(sql, std::move(*prepared)).first->second;
}

Result<std::int64_t> Database::number(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return tl::unexpected(statement.error());
  const auto row = statement->step();
  if (!row) return tl::unexpected(row.error());
  return *row ? statement->whole(0) : 0;
}

}  // namespace dynascale::hostd
