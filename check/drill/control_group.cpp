#include "check/drill/control_group.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <vector>

#include "probes/cpu.hpp"

namespace dynascale::check {
namespace {

bool names(std::string_view list, std::string_view word) {
  std::istringstream words{std::string{list}};
  for (std::string one; std::getline(words, one, ',');)
    if (one == word) return true;
  return false;
}

struct Mount {
  std::string root;
  std::string point;
};

/// See proc(5): "id parent major:minor root point options [fields] - type source super-options".
std::optional<Mount> find_mount(std::string_view mounts, int version, std::string_view controller) {
  std::istringstream lines{std::string{mounts}};
  for (std::string line; std::getline(lines, line);) {
    const auto dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    std::string skipped;
    std::string type;
    std::string options;
    Mount mount;
    std::istringstream{line} >> skipped >> skipped >> skipped >> mount.root >> mount.point;
    std::istringstream{line.substr(dash + 3)} >> type >> skipped >> options;
    if (version == 2 ? type == "cgroup2" : type == "cgroup" && names(options, controller)) return mount;
  }
  return std::nullopt;
}

/// The path behind the second colon of the line that counts; version 2 has number 0 and no names.
std::optional<std::string> path_in(std::string_view groups, int version, std::string_view controller) {
  std::istringstream lines{std::string{groups}};
  for (std::string line; std::getline(lines, line);) {
    const auto first = line.find(':');
    const auto second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const auto controllers = line.substr(first + 1, second - first - 1);
    if (version == 2 ? line.starts_with("0::") : names(controllers, controller)) return line.substr(second + 1);
  }
  return std::nullopt;
}

}  // namespace

Result<ControlGroup> find_group(std::string_view groups, std::string_view mounts, std::string_view controller) {
  for (const int version : {1, 2}) {
    const auto path = path_in(groups, version, controller);
    const auto mount = find_mount(mounts, version, controller);
    if (!path || !mount) continue;
    const auto root = mount->root == "/" ? std::string{} : mount->root;
    if (!path->starts_with(root)) continue;  // Of another container.
    auto below = path->substr(root.size());
    if (below == "/") below.clear();
    return ControlGroup{mount->point + below, mount->point, version};
  }
  return fail(Errc::unsupported, fmt::format("no control groups with '{}' are mounted here", controller));
}

std::optional<std::string> first_cpus(std::string_view list, std::uint32_t count) {
  auto cpus = parse_cpulist(list);
  if (!cpus || cpus->size() < count) return std::nullopt;
  cpus->resize(count);
  return format_cpulist(*cpus);
}

}  // namespace dynascale::check
