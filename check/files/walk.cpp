#include "check/files/walk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "check/files/classify.hpp"
#include "check/text/lines.hpp"

namespace dynascale::check {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t depth_limit = 256;

/// One walk's state: where it collects, and what it leaves out.
class Walker {
 public:
  explicit Walker(const std::vector<std::string>& excludes) : excludes_{excludes} {}

  void enter(const fs::path& folder, const std::string& relative, std::size_t depth) {
    if (depth > depth_limit) {
      report(folder.string(), fmt::format("folders nested deeper than {} are not entered", depth_limit));
      return;
    }
    std::error_code error;
    fs::directory_iterator entries{folder, error};
    if (error) {
      report(folder.string(), fmt::format("cannot list this folder: {}", error.message()));
      return;
    }
    for (const auto end = fs::directory_iterator{}; entries != end; entries.increment(error)) {
      visit(*entries, relative, depth);
      if (error) break;
    }
    if (error) report(folder.string(), fmt::format("listing stopped: {}", error.message()));
  }

  void add(const fs::path& path, std::string relative) {
    std::error_code error;
    const auto size = fs::file_size(path, error);
    listing_.files.push_back({path.string(), std::move(relative), error ? 0 : size});
  }

  void report(const std::string& path, std::string message) {
    listing_.incidents.push_back({"DSC903", path, 0, std::move(message), Level::warning});
  }

  [[nodiscard]] Listing finish() {
    auto& files = listing_.files;
    std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    files.erase(std::unique(files.begin(), files.end(),
                            [](const auto& a, const auto& b) { return a.path == b.path; }),
                files.end());
    return std::move(listing_);
  }

 private:
  void visit(const fs::directory_entry& entry, const std::string& relative, std::size_t depth) {
    const auto name = entry.path().filename().string();
    const auto below = relative.empty() ? name : relative + "/" + name;
    if (excluded(below)) return;
    std::error_code error;
    const auto status = entry.symlink_status(error);
    if (error) return report(entry.path().string(), error.message());
    if (fs::is_directory(status)) {
      if (!is_skipped_folder(name)) enter(entry.path(), below, depth + 1);
    } else if (fs::is_regular_file(status)) {
      add(entry.path(), below);
    }
  }

  [[nodiscard]] bool excluded(const std::string& relative) const {
    return std::any_of(excludes_.begin(), excludes_.end(), [&](const auto& glob) {
      return glob_match(glob, relative) || glob_match(glob + "/*", relative);
    });
  }

  const std::vector<std::string>& excludes_;
  Listing listing_;
};

std::string last_components(const fs::path& path, std::size_t count) {
  const auto text = path.lexically_normal().string();
  auto begin = text.size();
  for (std::size_t i = 0; i < count && begin != std::string::npos && begin > 0; ++i) {
    begin = text.rfind('/', begin - 1);
  }
  return begin == std::string::npos || begin == 0 ? text : text.substr(begin + 1);
}

}  // namespace

Listing list_files(const std::vector<std::string>& paths, const std::vector<std::string>& excludes) {
  Walker walker{excludes};
  for (const auto& given : paths) {
    const fs::path path{given};
    std::error_code error;
    const auto status = fs::status(path, error);
    if (!fs::exists(status)) {
      walker.report(given, "no such file or folder");
    } else if (fs::is_directory(status)) {
      walker.enter(path, "", 0);
    } else if (fs::is_regular_file(status)) {
      walker.add(path, path.is_absolute() ? last_components(path, 3) : path.lexically_normal().string());
    } else {
      walker.report(given, "neither a plain file nor a folder");
    }
  }
  return walker.finish();
}

}  // namespace dynascale::check
