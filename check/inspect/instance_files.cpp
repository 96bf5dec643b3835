#include "check/inspect/instance_files.hpp"

#include "check/effective/overridden.hpp"
#include "check/engine/follow.hpp"
#include "check/files/classify.hpp"
#include "check/inspect/config_files.hpp"

namespace dynascale::check {
namespace {

constexpr std::size_t config_bytes = std::size_t{4} << 20;
constexpr int include_rounds = 8;

}  // namespace

ScanReport InstanceFiles::judge_file(const RootedFiles& root, const std::string& path, const std::string& known_as,
                                     const std::string& prefix, ConfigKind kind) {
  ScanReport part;
  const auto text = root.read(path, config_bytes);
  if (!text) {
    if (text.error().code != Errc::not_found && text.error().code != Errc::unsupported)
      part.incidents.push_back({"DSC903", prefix + path, 0, text.error().what, Level::warning});
    return part;
  }
  auto relative = path.substr(path.starts_with('/') ? 1 : 0);
  if (config_kind_of(relative) == ConfigKind::none && !known_as.empty()) relative = known_as;
  part = scan_text(prefix + path, relative, *text, options_, matchers_, kind);
  part.files = 1;
  return part;
}

void InstanceFiles::judge_candidates(const LiveInstance& instance, const std::string& told) {
  auto candidates = config_candidates(instance);
  // The defaults are a guess; what the server names is none.
  if (!told.empty()) candidates = {{told, candidates.empty() ? std::string{} : candidates.front().known_as}};
  for (const auto& candidate : candidates) {
    for (const auto& path : root_.expand(candidate.path))
      merge(report_, judge_file(root_, path, candidate.known_as, prefix_, ConfigKind::none));
  }
}

void InstanceFiles::judge_unit(const LiveInstance& instance) {
  bool unit_seen = false;
  for (const auto& pattern : unit_files(unit_of(instance.main.cgroup))) {
    const bool drop_in = pattern.find('*') != std::string::npos;
    if (!drop_in && unit_seen) continue;  // A unit in an earlier folder hides this one.
    for (const auto& path : machine_.expand(pattern)) {
      unit_seen = unit_seen || !drop_in;
      merge(report_, judge_file(machine_, path, "unit.service", "", ConfigKind::none));
    }
  }
}

std::vector<std::string> InstanceFiles::named_by(const ConfigFile& file) const {
  std::vector<std::string> out;
  const auto folder = folder_of(std::string_view{file.path}.substr(prefix_.size()));
  for (const auto& include : file.includes) {
    const bool absolute = include.pattern.starts_with('/');
    for (const auto& base : {folder, folder_of(folder)}) {
      for (const auto& path : root_.expand(absolute ? include.pattern : base + "/" + include.pattern))
        out.push_back(prefix_ + path);
      if (absolute) break;
    }
  }
  return out;
}

void InstanceFiles::follow() {
  std::size_t before = 0;
  for (int round = 0; round < include_rounds && report_.configs.size() != before; ++round) {
    before = report_.configs.size();
    std::vector<std::string> paths;
    for (const auto& file : report_.configs) {
      paths.push_back(file.path);
      if (!file.path.starts_with(prefix_)) continue;
      for (auto& path : named_by(file)) paths.push_back(std::move(path));
    }
    const KnownPaths known{std::move(paths)};
    follow_includes(known, report_, [&](const std::string& path, ConfigKind kind) {
      return judge_file(root_, path.substr(prefix_.size()), {}, prefix_, kind);
    });
    if (report_.configs.size() == before)
      keep_effective(find_overridden(report_.configs, known, true), report_.findings);
  }
}

ScanReport InstanceFiles::judge(const LiveInstance& instance, const std::string& told) {
  judge_candidates(instance, told);
  judge_unit(instance);
  follow();
  for (auto& finding : report_.findings) finding.component = instance.label();
  return std::move(report_);
}

}  // namespace dynascale::check
