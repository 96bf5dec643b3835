#include "check/effective/resolve.hpp"

#include <algorithm>
#include <filesystem>

#include "check/text/lines.hpp"

namespace dynascale::check {
namespace {

constexpr std::size_t most_matches = 256;

/// `./etc//x/../y` -> `etc/y`.
std::string normal(std::string_view path) {
  return std::filesystem::path{path}.lexically_normal().string();
}

}  // namespace

std::string folder_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? "." : std::string{path.substr(0, slash)};
}

KnownPaths::KnownPaths(std::vector<std::string> paths) : paths_{std::move(paths)} {
  std::sort(paths_.begin(), paths_.end());
}

std::vector<std::string> KnownPaths::match(const std::string& pattern) const {
  std::vector<std::string> out;
  const auto fixed = pattern.substr(0, pattern.find('*'));
  const auto depth = std::count(pattern.begin(), pattern.end(), '/');
  for (auto at = std::lower_bound(paths_.begin(), paths_.end(), fixed);
       at != paths_.end() && at->compare(0, fixed.size(), fixed) == 0 && out.size() < most_matches; ++at) {
    if (std::count(at->begin(), at->end(), '/') == depth && glob_match(pattern, *at)) out.push_back(*at);
  }
  return out;
}

std::vector<std::string> KnownPaths::find(std::string_view from, std::string_view pattern) const {
  if (pattern.empty() || pattern.size() > 1024) return {};
  auto folder = folder_of(from);
  if (pattern.front() != '/') {
    for (const auto& base : {folder, folder_of(folder)}) {
      auto found = match(normal(base + "/" + std::string{pattern}));
      if (found.empty() && base == folder) found = match(base + "/" + std::string{pattern});
      if (!found.empty()) return found;
    }
    return {};
  }
  const auto absolute = normal(pattern);
  for (int levels = 0; levels < 64; ++levels) {
    auto found = match(folder == "." ? absolute.substr(1) : folder + absolute);
    if (!found.empty()) return found;
    if (folder.empty() || folder == ".") break;
    folder = folder_of(folder);
  }
  return match(absolute);
}

}  // namespace dynascale::check
