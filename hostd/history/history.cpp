#include "hostd/history/history.hpp"

#include <fmt/chrono.h>

#include <algorithm>

namespace dynascale::hostd {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_warnings = 16;
constexpr const char* mark = ".damaged-";

/// Oldest first: the time stands in the name.
std::vector<fs::path> set_aside_before(const fs::path& path) {
  std::vector<fs::path> found;
  std::error_code ignored;
  const auto prefix = path.filename().string() + mark;
  for (const auto& entry : fs::directory_iterator{path.parent_path(), ignored})
    if (entry.path().filename().string().starts_with(prefix)) found.push_back(entry.path());
  std::ranges::sort(found);
  return found;
}

}  // namespace

Status History::ensure_open() {
  if (store_) return {};
  std::error_code ignored;
  fs::create_directories(path_.parent_path(), ignored);
  auto opened = HistoryStore::open(path_, retention_);
  if (!opened && opened.error().code == Errc::corrupt) {
    if (const auto aside = set_aside(opened.error().what); !aside) return aside;
    opened = HistoryStore::open(path_, retention_);
  }
  if (!opened) return fail(opened.error().code, path_.string() + ": " + opened.error().what);
  store_.emplace(std::move(*opened));
  return {};
}

Status History::set_aside(const std::string& why) {
  auto aside = path_;
  aside += fmt::format("{}{:%Y%m%dT%H%M%SZ}", mark, fmt::gmtime(std::chrono::system_clock::to_time_t(clock_.wall())));
  std::error_code error;
  fs::rename(path_, aside, error);
  if (error)
    return fail(Errc::permission_denied, fmt::format("{} is damaged ({}) and cannot be renamed: {}", path_.string(),
                                                     why, error.message()));
  // Of no use to another file, and harmful to the next one of this name.
  for (const auto* suffix : {"-wal", "-shm"}) fs::remove(path_.string() + suffix, error);
  auto kept = set_aside_before(path_);
  for (std::size_t index = 0; index + max_set_aside < kept.size(); ++index) fs::remove(kept[index], error);
  if (warnings_.size() < max_warnings)
    warnings_.push_back(fmt::format("{} is damaged ({}): kept as {}, and a new history begins", path_.string(), why,
                                    aside.string()));
  return {};
}

std::vector<std::string> History::take_warnings() {
  const std::scoped_lock guard{lock_};
  return std::exchange(warnings_, {});
}

}  // namespace dynascale::hostd
