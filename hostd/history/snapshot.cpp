#include "hostd/history/snapshot.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <utility>

namespace dynascale::hostd {
namespace {

namespace fs = std::filesystem;
constexpr int attempts = 5;
constexpr std::size_t log_header = 32;  ///< Of a write-ahead log; its salts change when the log begins anew.

fs::path log_of(const fs::path& file) {
  return file.string() + "-wal";
}

/// Empty when there is no log, or none with anything in it.
std::string head_of_log(const fs::path& file) {
  std::ifstream log{log_of(file), std::ios::binary};
  std::string head(log_header, '\0');
  log.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(std::max<std::streamsize>(log.gcount(), 0)));
  return head;
}

tl::unexpected<Error> not_copied(const fs::path& file, const std::error_code& error) {
  Errc code = Errc::io;
  if (error == std::errc::no_such_file_or_directory) code = Errc::not_found;
  if (error == std::errc::permission_denied) code = Errc::permission_denied;
  if (error == std::errc::no_space_on_device) code = Errc::limit_exceeded;
  return fail(code, fmt::format("{}: cannot be copied for reading ({})", file.string(), error.message()));
}

/// The log is copied after the file. As long as it did not begin anew meanwhile it holds every page that was
/// moved from it into the file, so whatever the copy of the file caught of that is overwritten by it. See
/// "Checkpointing" and "Reset" in https://www.sqlite.org/walformat.html.
Result<bool> copy_consistently(const fs::path& file, const fs::path& copy) {
  const auto before = head_of_log(file);
  std::error_code error;
  fs::copy_file(file, copy, fs::copy_options::overwrite_existing, error);
  if (error) return not_copied(file, error);
  fs::copy_file(log_of(file), log_of(copy), fs::copy_options::overwrite_existing, error);
  if (error && error != std::errc::no_such_file_or_directory) return not_copied(log_of(file), error);
  if (error) fs::remove(log_of(copy), error);
  return head_of_log(file) == before;
}

}  // namespace

HistorySnapshot::HistorySnapshot(HistorySnapshot&& other) noexcept
    : folder_{std::exchange(other.folder_, {})}, store_{std::move(other.store_)} {}

HistorySnapshot::~HistorySnapshot() {
  store_.reset();
  std::error_code ignored;
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
}

Result<HistorySnapshot> HistorySnapshot::take(const fs::path& file, const fs::path& folder) {
  auto made = (folder / "dynascale-history-XXXXXX").string();
  if (::mkdtemp(made.data()) == nullptr)
    return fail(Errc::io, fmt::format("{}: no folder can be made in it", folder.string()));
  HistorySnapshot snapshot{made};
  const auto copy = snapshot.folder_ / "history.db";
  bool consistent = false;
  for (int attempt = 0; attempt < attempts && !consistent; ++attempt) {
    const auto copied = copy_consistently(file, copy);
    if (!copied) return tl::unexpected(copied.error());
    consistent = *copied;
  }
  if (!consistent)
    return fail(Errc::unavailable, fmt::format("{}: it changes too fast; try again", file.string()));
  auto store = HistoryStore::open(copy, Retention{});
  if (!store) return fail(store.error().code, fmt::format("{}: {}", file.string(), store.error().what));
  snapshot.store_.emplace(std::move(*store));
  return snapshot;
}

}  // namespace dynascale::hostd
