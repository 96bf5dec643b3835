#include "probes/cgroup.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

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
void tighten(std::optional<Value>& limit, const std::optional<Value>& other) {
  if (other) limit = limit ? std::min(*limit, *other) : *other;
}

Status apply_level(const Files& files, const std::string& folder, CgroupLimits& limits) {
  const auto cpu_text = read_optional(files, folder + "/cpu.max");
  if (!cpu_text) return tl::unexpected(cpu_text.error());
  if (*cpu_text) {
    const auto cpus = parse_cpu_max(**cpu_text);
    if (!cpus) return tl::unexpected(cpus.error());
    tighten(limits.cpus, *cpus);
  }
  const auto memory_text = read_optional(files, folder + "/memory.max");
  if (!memory_text) return tl::unexpected(memory_text.error());
  if (*memory_text) {
    const auto memory = parse_memory_max(**memory_text);
    if (!memory) return tl::unexpected(memory.error());
    tighten(limits.memory, *memory);
  }
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
  if (!bytes) return fail(Errc::corrupt, "memory.max is neither 'max' nor a number of bytes");
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

Result<CgroupLimits> read_cgroup_limits(const Files& files, std::string_view cgroup) {
  if (!cgroup.starts_with('/') || cgroup.find("..") != std::string_view::npos ||
      std::ranges::count(cgroup, '/') > max_cgroup_depth)
    return fail(Errc::invalid_argument,
                fmt::format("'{}' is not the path of a cgroup", cgroup.substr(0, 256)));
  std::string folder = "/sys/fs/cgroup" + std::string{cgroup};
  if (folder.ends_with('/')) folder.pop_back();
  if (!files.exists(folder + "/cgroup.controllers"))
    return fail(Errc::not_found,
                fmt::format("{} is not a cgroup of version 2", files.resolve(folder).string()));

  CgroupLimits limits;
  const auto events_text = read_optional(files, folder + "/memory.events");
  if (!events_text) return tl::unexpected(events_text.error());
  if (*events_text) {
    const auto events = parse_memory_events(**events_text);
    if (!events) return tl::unexpected(events.error());
    limits.events = *events;
  }
  while (folder.size() >= std::string_view{"/sys/fs/cgroup"}.size()) {
    if (const auto level = apply_level(files, folder, limits); !level) return tl::unexpected(level.error());
    folder.erase(folder.rfind('/'));
  }
  return limits;
}

}  // namespace dynascale
