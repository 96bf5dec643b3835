#include "probes/cgroup.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "probes/cpu.hpp"
#include "runtime/text.hpp"

namespace dynascale {
namespace {

constexpr int max_cgroup_depth = 64;

/// The file's content; nothing when it is not there, as in the root cgroup or without the controller.
Result<std::optional<std::string>> read_optional(const Files& files, const std::string& path) {
  auto text = files.read(path, Bytes::kib(16));
  if (text) return std::optional{std::move(*text)};
  if (text.error().code == Errc::not_found) return std::optional<std::string>{};
  return tl::unexpected(text.error());
}

template <class Value>
bool tighten(std::optional<Value>& limit, const std::optional<Value>& other) {
  if (!other || (limit && *limit <= *other)) return false;
  limit = *other;
  return true;
}

/// Reads one file, when it is there, and tightens `limit`. Tells whether it did.
template <class Value, class Parse>
Result<bool> apply_file(const Files& files, const std::string& path, std::optional<Value>& limit, Parse parse) {
  const auto text = read_optional(files, path);
  if (!text) return tl::unexpected(text.error());
  if (!*text) return false;
  const Result<std::optional<Value>> value = parse(**text);
  if (!value) return fail(value.error().code, fmt::format("{}: {}", path, value.error().what));
  return tighten(limit, *value);
}

Result<std::optional<VcpuCount>> parse_cpuset(std::string_view text) {
  const auto cpus = parse_cpulist(text::trim(text));
  if (!cpus) return tl::unexpected(cpus.error());
  if (cpus->empty()) return std::optional<VcpuCount>{};
  return std::optional{VcpuCount{static_cast<std::uint16_t>(cpus->size())}};
}

Status apply_level(const Files& files, const std::string& folder, const std::string& name, CgroupLimits& limits) {
  const auto quota = apply_file(files, folder + "/cpu.max", limits.cpus, parse_cpu_max);
  if (!quota) return tl::unexpected(quota.error());
  const auto cpuset = apply_file(files, folder + "/cpuset.cpus.effective", limits.cpuset, parse_cpuset);
  if (!cpuset) return tl::unexpected(cpuset.error());
  std::optional<Bytes> least = limits.memory;
  tighten(least, limits.memory_high);
  const auto most = apply_file(files, folder + "/memory.max", limits.memory, parse_memory_max);
  if (!most) return tl::unexpected(most.error());
  const auto high = apply_file(files, folder + "/memory.high", limits.memory_high, parse_memory_max);
  if (!high) return tl::unexpected(high.error());
  if (tighten(least, limits.memory) || tighten(least, limits.memory_high)) limits.memory_holder = name;
  return {};
}

}  // namespace

Result<std::optional<double>> parse_cpu_max(std::string_view text) {
  text = text::trim(text);
  const auto quota_word = text::take_word(text);
  const auto period = text::number<std::uint64_t>(text::trim(text));
  if (quota_word == "max" && period) return std::optional<double>{};
  const auto quota = text::number<std::uint64_t>(quota_word);
  if (!quota || !period || *period == 0)
    return fail(Errc::corrupt, "cpu.max is not a quota and a period in microseconds");
  return std::optional{static_cast<double>(*quota) / static_cast<double>(*period)};
}

Result<std::optional<Bytes>> parse_memory_max(std::string_view text) {
  text = text::trim(text);
  if (text == "max") return std::optional<Bytes>{};
  const auto bytes = text::number<std::uint64_t>(text);
  if (!bytes) return fail(Errc::corrupt, "the limit is neither 'max' nor a number of bytes");
  return std::optional{Bytes::of(*bytes)};
}

Result<MemoryEvents> parse_memory_events(std::string_view text) {
  MemoryEvents events;
  while (!text.empty()) {
    auto line = text::take_until(text, '\n');
    const auto key = text::take_word(line);
    if (key.empty()) continue;
    const auto value = text::number<std::uint64_t>(text::trim(line));
    if (!value)
      return fail(Errc::corrupt, fmt::format("memory.events: '{}' has no count", key.substr(0, 32)));
    if (key == "high") events.high = *value;
    if (key == "max") events.max = *value;
    if (key == "oom") events.oom = *value;
    if (key == "oom_kill") events.oom_kill = *value;
  }
  return events;
}

Result<std::string> cgroup_root(const Files& files) {
  for (const std::string place : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"})
    if (files.exists(place + "/cgroup.controllers")) return place;
  return fail(Errc::not_found, "cgroup v2 is mounted neither at /sys/fs/cgroup nor at /sys/fs/cgroup/unified");
}

Result<std::vector<std::string>> cgroup_folders(const Files& files, std::string_view cgroup) {
  if (!cgroup.starts_with('/') || cgroup.find("..") != std::string_view::npos ||
      std::ranges::count(cgroup, '/') > max_cgroup_depth)
    return fail(Errc::invalid_argument, fmt::format("'{}' is not the path of a cgroup", cgroup.substr(0, 256)));
  const auto root = cgroup_root(files);
  if (!root) return tl::unexpected(root.error());
  std::string folder = *root + std::string{cgroup};
  while (folder.ends_with('/')) folder.pop_back();
  if (!files.exists(folder + "/cgroup.controllers"))
    return fail(Errc::not_found, fmt::format("{} is not a cgroup of version 2", files.resolve(folder).string()));
  std::vector<std::string> folders;
  while (folder.size() >= root->size()) {
    folders.push_back(folder);
    folder.erase(folder.rfind('/'));
  }
  return folders;
}

Result<CgroupLimits> read_cgroup_limits(const Files& files, std::string_view cgroup) {
  const auto folders = cgroup_folders(files, cgroup);
  if (!folders) return tl::unexpected(folders.error());
  CgroupLimits limits;
  const auto events_text = read_optional(files, folders->front() + "/memory.events");
  if (!events_text) return tl::unexpected(events_text.error());
  if (*events_text) {
    const auto events = parse_memory_events(**events_text);
    if (!events) return tl::unexpected(events.error());
    limits.events = *events;
  }
  const auto root_size = folders->back().size();
  for (const auto& folder : *folders) {
    const auto name = folder.size() == root_size ? std::string{"/"} : folder.substr(root_size);
    if (const auto level = apply_level(files, folder, name, limits); !level) return tl::unexpected(level.error());
  }
  return limits;
}

SizeLimits size_limits(const CgroupLimits& limits) {
  SizeLimits sizes;
  sizes.vcpus = limits.cpuset;
  if (limits.cpus) {
    const auto whole = std::clamp(std::ceil(*limits.cpus), 1.0, 65535.0);
    tighten(sizes.vcpus, std::optional{VcpuCount{static_cast<std::uint16_t>(whole)}});
  }
  sizes.memory = limits.memory;
  tighten(sizes.memory, limits.memory_high);
  sizes.memory_holder = limits.memory_holder;
  return sizes;
}

}  // namespace dynascale
