#pragma once
/// The history's file for readers that are not hostd: hostd locks it for itself, so a private copy is read.
/// The file itself is only read, and hostd is not held up.

#include <filesystem>
#include <optional>

#include "hostd/history/store.hpp"

namespace dynascale::hostd {

class HistorySnapshot {
 public:
  /// Copies the file and what its write-ahead log holds beside it into a new folder below `folder`. Any
  /// thread; blocks. Errors: `not_found` and `permission_denied` for the file; `unavailable` when hostd moved
  /// its log into the file during each of several attempts; `limit_exceeded` when `folder` has no room; else
  /// those of HistoryStore::open.
  [[nodiscard]] static Result<HistorySnapshot> take(const std::filesystem::path& file,
                                                    const std::filesystem::path& folder);
  HistorySnapshot(HistorySnapshot&& other) noexcept;
  HistorySnapshot& operator=(HistorySnapshot&&) = delete;
  ~HistorySnapshot();

  [[nodiscard]] HistoryStore& store() { return *store_; }

 private:
  explicit HistorySnapshot(std::filesystem::path folder) : folder_{std::move(folder)} {}

  std::filesystem::path folder_;
  std::optional<HistoryStore> store_;
};

}  // namespace dynascale::hostd
