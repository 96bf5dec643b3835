#pragma once
/// SQLite as the history needs it. Any thread, one at a time.
///
/// Errors: `corrupt` when the file is no database or damaged; `limit_exceeded` when the disk, or the file by its own
/// bound, is full; `permission_denied` when it cannot be opened or written; `unavailable` when another process holds
/// it; `io` else.

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/model/result.hpp"

namespace dynascale::hostd {

/// A prepared statement. Placeholders are bound by number, from 1; columns are read by number, from 0.
class Statement {
 public:
  explicit Statement(sqlite3_stmt* prepared) : statement_{prepared} {}
  void bind(int at, std::int64_t value) { sqlite3_bind_int64(statement_.get(), at, value); }
  void bind(int at, double value) { sqlite3_bind_double(statement_.get(), at, value); }
  void bind(int at, std::string_view value);
  /// True: there is a row. False: done, and ready to be bound anew.
  [[nodiscard]] Result<bool> step();
  /// Steps to the end.
  Status run();
  void reset() { sqlite3_reset(statement_.get()); }
  [[nodiscard]] std::int64_t whole(int at) const { return sqlite3_column_int64(statement_.get(), at); }
  /// The same, of the last row that is of interest.
  [[nodiscard]] std::int64_t last_whole(int at) {
    const auto value = whole(at);
    reset();
    return value;
  }
  [[nodiscard]] double number(int at) const { return sqlite3_column_double(statement_.get(), at); }
  [[nodiscard]] std::string text(int at) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Database {
 public:
  /// Opens or creates; no other process may use the file meanwhile. After a crash SQLite takes back what was half
  /// written.
  [[nodiscard]] static Result<Database> open(const std::filesystem::path& path);

  Status run(const std::string& sql);
  /// All of `work`, or nothing of it.
  Status transaction(const std::function<Status()>& work);
  [[nodiscard]] Result<Statement> prepare(std::string_view sql);
  /// The statement of this text, prepared once and kept; for texts that are constants.
  [[nodiscard]] Result<Statement*> cached(const std::string& sql);
  /// The one number that `sql` gives.
  [[nodiscard]] Result<std::int64_t> number(std::string_view sql);

 private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
  };
  explicit Database(sqlite3* opened) : database_{opened} {}
  std::unique_ptr<sqlite3, Close> database_;
  std::map<std::string, Statement> cached_;
};

}  // namespace dynascale::hostd
