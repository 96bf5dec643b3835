#include "probes/memory.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/text.hpp"

namespace dynascale {
namespace {

constexpr std::string_view memory_root = "/sys/devices/system/memory";

/// "  4028928 kB"; the kernel means KiB.
std::optional<Bytes> kib_value(std::string_view rest) {
  const auto value = text::number<std::uint64_t>(text::take_word(rest));
  if (!value || *value > Bytes::max().floor_kib()) return std::nullopt;
  return Bytes::kib(*value);
}

std::string state_path(MemoryBlock block) {
  return fmt::format("{}/memory{}/state", memory_root, block.index);
}

}  // namespace

Result<MemoryInfo> parse_meminfo(std::string_view text) {
  std::optional<Bytes> total;
  std::optional<Bytes> available;
  std::optional<Bytes> swap_total;
  std::optional<Bytes> swap_free;
  while (!text.empty()) {
    auto line = text::take_until(text, '\n');
    const auto key = text::take_until(line, ':');
    if (key == "MemTotal") total = kib_value(line);
    if (key == "MemAvailable") available = kib_value(line);
    if (key == "SwapTotal") swap_total = kib_value(line);
    if (key == "SwapFree") swap_free = kib_value(line);
  }
  if (!total) return fail(Errc::corrupt, "/proc/meminfo has no valid line 'MemTotal'");
  MemoryInfo info{.total = *total, .available = available, .swap_used = {}};
  if (swap_total && swap_free) info.swap_used = saturating_sub(*swap_total, *swap_free);
  return info;
}

ReclaimCounters parse_vmstat(std::string_view text) {
  ReclaimCounters counters;
  while (!text.empty()) {
    auto line = text::take_until(text, '\n');
    const auto key = text::take_word(line);
    const auto value = text::number<std::uint64_t>(text::trim(line));
    if (!value) continue;
    // Before 5.9 one counter, workingset_refault, stood for both kinds.
    if (key == "workingset_refault_file" || key == "workingset_refault_anon" || key == "workingset_refault")
      counters.refaults = counters.refaults.value_or(0) + *value;
    if (key == "pswpin") counters.swap_in_pages = *value;
  }
  return counters;
}

Result<MemoryInfo> read_memory(const Files& files) {
  const auto text = files.read("/proc/meminfo", Bytes::kib(64));
  if (!text) return tl::unexpected(text.error());
  return parse_meminfo(*text);
}

Result<ReclaimCounters> read_reclaim(const Files& files) {
  const auto text = files.read("/proc/vmstat", Bytes::kib(256));
  if (!text) return tl::unexpected(text.error());
  return parse_vmstat(*text);
}

Result<OfflineMemory> read_offline_memory(const Files& files) {
  OfflineMemory offline;
  const auto size = files.read(fmt::format("{}/block_size_bytes", memory_root), Bytes::kib(4));
  if (!size && size.error().code == Errc::not_found) return offline;
  if (!size) return tl::unexpected(size.error());
  const auto bytes = text::hex_number<std::uint64_t>(text::trim(*size));
  if (!bytes)
    return fail(Errc::corrupt, fmt::format("{}/block_size_bytes is not a number in base 16", memory_root));
  offline.block_size = Bytes::of(*bytes);

  const auto names = files.list(memory_root);
  if (!names) return tl::unexpected(names.error());
  for (std::string_view name : *names) {
    if (!name.starts_with("memory")) continue;
    const auto index = text::number<std::uint32_t>(name.substr(6));
    if (!index) continue;
    const auto state = files.read(state_path({*index}), Bytes::kib(4));
    if (state && text::trim(*state) == "offline") offline.blocks.push_back({*index});
  }
  std::ranges::sort(offline.blocks, {}, &MemoryBlock::index);
  return offline;
}

Status online_memory(const Files& files, MemoryBlock block, MemoryZone zone) {
  const auto path = state_path(block);
  const auto before = files.read(path, Bytes::kib(4));
  if (!before) return tl::unexpected(before.error());
  if (text::trim(*before) == "online") return {};
  const auto* const verb = zone == MemoryZone::movable ? "online_movable" : "online";
  if (auto written = files.write_attribute(path, verb); !written) return written;
  const auto after = files.read(path, Bytes::kib(4));
  if (!after) return tl::unexpected(after.error());
  // A real sysfs answers "online"; a test's plain file still holds the word that was written.
  if (text::trim(*after).starts_with("online")) return {};
  return fail(Errc::unverified,
              fmt::format("wrote {} to {} but it reads {}", verb, path, text::trim(*after)));
}

}  // namespace dynascale
