#include "check/drill/answers.hpp"

#include <fmt/format.h>
#include <sys/sysinfo.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace dynascale::check {
namespace {

std::string cpu_range(std::uint32_t count) {
  return count == 1 ? "0\n" : fmt::format("0-{}\n", count - 1);
}

/// Splits off the first line, with its line break.
std::string_view next_line(std::string_view& text) {
  const auto end = text.find('\n');
  const auto line = text.substr(0, end == std::string_view::npos ? text.size() : end + 1);
  text.remove_prefix(line.size());
  return line;
}

bool is_cpu_line(std::string_view line) {
  return line.size() > 3 && line.starts_with("cpu") && line[3] >= '0' && line[3] <= '9';
}

/// One "cpuN" line for each CPU, the real ones in turn; the sum line and all others as they are.
std::string stat_text(std::string_view real, const Machine& machine) {
  std::vector<std::string_view> cpu_lines;
  std::string before;
  std::string after;
  while (!real.empty()) {
    const auto line = next_line(real);
    if (is_cpu_line(line))
      cpu_lines.push_back(line);
    else
      (cpu_lines.empty() ? before : after) += line;
  }
  if (cpu_lines.empty()) return before;
  for (std::uint32_t i = 0; i < machine.cpus; ++i) {
    const auto line = cpu_lines[i % cpu_lines.size()];
    before += fmt::format("cpu{}{}", i, line.substr(std::min(line.find(' '), line.size())));
  }
  return before + after;
}

/// One block for each CPU, the real ones in turn, with its number in "processor". What follows the blocks (as
/// on some architectures) has no such line and stays.
std::string cpuinfo_text(std::string_view real, const Machine& machine) {
  std::vector<std::string> blocks;
  std::string rest;
  while (!real.empty()) {
    std::string block;
    for (auto line = next_line(real); !line.empty(); line = next_line(real)) {
      block += line;
      if (line == "\n") break;
    }
    (block.starts_with("processor") ? blocks.emplace_back() : rest) += block;
  }
  std::string out;
  for (std::uint32_t i = 0; i < machine.cpus && !blocks.empty(); ++i) {
    const auto& block = blocks[i % blocks.size()];
    out += fmt::format("processor\t: {}{}", i, block.substr(std::min(block.find('\n'), block.size())));
  }
  return out + rest;
}

std::uint64_t times(std::uint64_t value, std::uint64_t numerator, std::uint64_t denominator) {
  if (denominator == 0) return value;
  return static_cast<std::uint64_t>(static_cast<long double>(value) * static_cast<long double>(numerator) /
                                    static_cast<long double>(denominator));
}

struct Amount {
  std::string_view name;
  std::uint64_t kib = 0;
};

/// "MemTotal:       24683656 kB".
std::optional<Amount> parse_amount(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || !line.ends_with(" kB\n")) return std::nullopt;
  const auto digits = line.find_first_of("0123456789", colon);
  if (digits == std::string_view::npos) return std::nullopt;
  Amount amount{line.substr(0, colon), 0};
  const auto parsed = std::from_chars(line.data() + digits, line.data() + line.size(), amount.kib);
  return parsed.ec == std::errc{} ? std::optional{amount} : std::nullopt;
}

/// The amounts that follow the machine's memory, scaled by one ratio; so free stays below total.
std::string meminfo_text(std::string_view real, const Machine& machine) {
  constexpr std::array<std::string_view, 12> scaled{
      "MemTotal", "MemFree",      "MemAvailable",   "Buffers",      "Cached",         "Active",
      "Inactive", "Active(anon)", "Inactive(anon)", "Active(file)", "Inactive(file)", "CommitLimit"};
  std::uint64_t total = 0;
  std::string out;
  while (!real.empty()) {
    const auto line = next_line(real);
    const auto amount = parse_amount(line);
    if (amount && total == 0 && amount->name == "MemTotal") total = amount->kib;
    if (amount && total != 0 && std::ranges::find(scaled, amount->name) != scaled.end()) {
      out += fmt::format("{:<15} {:>8} kB\n", fmt::format("{}:", amount->name),
                         times(amount->kib, machine.memory_bytes >> 10, total));
    } else {
      out += line;
    }
  }
  return out;
}

bool is_unlimited(std::string_view real) {
  constexpr std::uint64_t endless = std::uint64_t{1} << 60;  // Version 1 writes "no limit" as nearly 2^63.
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(real.data(), real.data() + real.size(), value);
  return real.starts_with("max") || real.starts_with('-') || parsed.ec != std::errc{} || value >= endless;
}

std::optional<std::string> cgroup_cpu_text(std::string_view name, std::string_view real,
                                           const Machine& machine) {
  constexpr std::uint64_t period_us = 100'000;
  if (name == "cpu.cfs_period_us") return fmt::format("{}\n", period_us);
  if (is_unlimited(real)) return std::nullopt;
  if (name == "cpu.cfs_quota_us") return fmt::format("{}\n", machine.cpus * period_us);
  return fmt::format("{} {}\n", machine.cpus * period_us, period_us);
}

}  // namespace

std::optional<std::string> fabricate(ResourceFile file, std::string_view path, std::string_view real,
                                     const Machine& machine) {
  switch (file) {
    case ResourceFile::cpu_online:
    case ResourceFile::cpu_present:
      return cpu_range(machine.cpus);
    case ResourceFile::cpu_possible:
      return cpu_range(machine.possible_cpus);
    case ResourceFile::cpuinfo:
      return cpuinfo_text(real, machine);
    case ResourceFile::stat:
      return stat_text(real, machine);
    case ResourceFile::meminfo:
      return meminfo_text(real, machine);
    case ResourceFile::cgroup_cpu:
      return cgroup_cpu_text(base_name(path), real, machine);
    case ResourceFile::cgroup_cpuset:
      if (real.empty() || real == "\n") return std::nullopt;
      return cpu_range(machine.cpus);
    case ResourceFile::cgroup_memory:
      if (is_unlimited(real)) return std::nullopt;
      return fmt::format("{}\n", machine.memory_bytes);
    case ResourceFile::cpu_topology:
    case ResourceFile::huge_pages:
    case ResourceFile::none:
      break;
  }
  return std::nullopt;
}

std::optional<std::string> affinity_mask(const Machine& machine, std::uint64_t size,
                                         const std::string* pinned) {
  constexpr std::uint64_t word = sizeof(long);
  const std::uint64_t whole = (machine.possible_cpus + 8 * word - 1) / (8 * word) * word;
  if (size % word != 0 || size * 8 < machine.possible_cpus) return std::nullopt;
  std::string all(std::min(size, whole), '\0');
  for (std::uint32_t i = 0; i < machine.cpus; ++i) {
    all[i / 8] = static_cast<char>(static_cast<unsigned char>(all[i / 8]) | 1U << i % 8);
  }
  if (pinned == nullptr || !names_online_cpu(machine, *pinned)) return all;
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i < pinned->size() ? all[i] & (*pinned)[i] : '\0';
  return all;
}

bool names_online_cpu(const Machine& machine, std::string_view mask) {
  for (std::uint32_t i = 0; i < machine.cpus && i / 8 < mask.size(); ++i) {
    if ((static_cast<unsigned char>(mask[i / 8]) >> i % 8 & 1U) != 0) return true;
  }
  return false;
}

void scale(struct sysinfo& info, const Machine& machine) {
  const auto total = std::uint64_t{info.totalram} * info.mem_unit;
  for (auto* amount : {&info.totalram, &info.freeram, &info.sharedram, &info.bufferram}) {
    *amount = times(*amount, machine.memory_bytes, total);
  }
}

}  // namespace dynascale::check
