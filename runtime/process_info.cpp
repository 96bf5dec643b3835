#include "runtime/process_info.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/text.hpp"

namespace dynascale {
namespace {

std::string path_of(std::int32_t pid, std::string_view name) {
  return fmt::format("/proc/{}/{}", pid, name);
}

/// Reads up to the bound and keeps what fits: an argument list may be megabytes long.
std::string read_cut(const Files& files, const std::string& path, std::size_t limit) {
  auto text = files.read(path, Bytes::mib(4));
  if (!text) return {};
  if (text->size() > limit) text->resize(limit);
  return std::move(*text);
}

std::string link_target(const Files& files, const std::string& path) {
  auto target = files.read_link(path);
  return target ? std::move(*target) : std::string{};
}

/// The line "name:   123 kB".
std::optional<Bytes> kib_in(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    auto line = text::take_until(text, '\n');
    if (text::take_until(line, ':') != name) continue;
    const auto kib = text::number<std::uint64_t>(text::take_word(line));
    if (kib && *kib <= Bytes::max().floor_kib()) return Bytes::kib(*kib);
    break;
  }
  return std::nullopt;
}

/// For kernels without CONFIG_PROC_CHILDREN.
std::vector<std::int32_t> scan_for_children(const Files& files, std::int32_t parent) {
  std::vector<std::int32_t> children;
  const auto names = files.list("/proc");
  if (!names) return children;
  for (const auto& name : *names) {
    const auto pid = text::number<std::int32_t>(name);
    if (!pid) continue;
    const auto text = files.read(path_of(*pid, "stat"), Bytes::kib(16));
    if (!text) continue;
    const auto stat = parse_process_stat(*text);
    if (stat && stat->parent_pid == parent) children.push_back(*pid);
  }
  return children;
}

}  // namespace

Result<ProcessStat> parse_process_stat(std::string_view text) {
  const auto corrupt = [] {
    return fail(Errc::corrupt, "a /proc/PID/stat does not have the expected fields");
  };
  const auto open = text.find('(');
  const auto close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return corrupt();
  ProcessStat stat{.comm = std::string{text.substr(open + 1, std::min<std::size_t>(close - open - 1, 64))}};
  auto rest = text::trim(text.substr(close + 1));
  const auto state = text::take_word(rest);
  const auto parent = text::number<std::int32_t>(text::take_word(rest));
  constexpr int fields_between = 17;  // From the parent (field 4) to the start time (field 22).
  for (int field = 0; field < fields_between; ++field) static_cast<void>(text::take_word(rest));
  const auto start = text::number<std::uint64_t>(text::take_word(rest));
  if (state.size() != 1 || !parent || !start) return corrupt();
  stat.state = state.front();
  stat.parent_pid = *parent;
  stat.start_ticks = *start;
  return stat;
}

Result<ProcessStatus> parse_process_status(std::string_view text) {
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
  std::optional<std::uint64_t> caught;
  while (!text.empty()) {
    auto line = text::take_until(text, '\n');
    const auto key = text::take_until(line, ':');
    if (key == "Uid" || key == "Gid") {
      static_cast<void>(text::take_word(line));  // Real; the effective one follows.
      (key == "Uid" ? uid : gid) = text::number<std::uint32_t>(text::take_word(line));
    } else if (key == "SigCgt") {
      caught = text::hex_number<std::uint64_t>(text::trim(line));
    }
  }
  if (!uid || !gid || !caught) return fail(Errc::corrupt, "a /proc/PID/status lacks Uid, Gid or SigCgt");
  return ProcessStatus{.uid = *uid, .gid = *gid, .signals_caught = *caught};
}

std::vector<std::string> parse_cmdline(std::string_view text) {
  std::vector<std::string> arguments;
  while (!text.empty()) arguments.emplace_back(text::take_until(text, '\0'));
  // A program that writes its own title pads the old arguments with zeros.
  while (!arguments.empty() && arguments.back().empty()) arguments.pop_back();
  return arguments;
}

std::string parse_process_cgroup(std::string_view text) {
  while (!text.empty()) {
    const auto line = text::take_until(text, '\n');
    if (line.starts_with("0::")) return std::string{line.substr(3)};
  }
  return {};
}

Result<Bytes> parse_private_dirty(std::string_view text) {
  if (const auto kib = kib_in(text, "Private_Dirty")) return *kib;
  return fail(Errc::corrupt, "smaps_rollup has no valid line 'Private_Dirty'");
}

Result<Bytes> parse_proportional(std::string_view text) {
  if (const auto kib = kib_in(text, "Pss")) return *kib;
  return fail(Errc::corrupt, "smaps_rollup has no valid line 'Pss'");
}

std::optional<std::int32_t> innermost_pid(std::string_view text) {
  while (!text.empty()) {
    auto line = text::take_until(text, '\n');
    if (text::take_until(line, ':') != "NSpid") continue;
    std::string_view last;
    for (auto word = text::take_word(line); !word.empty(); word = text::take_word(line)) last = word;
    return text::number<std::int32_t>(last);
  }
  return std::nullopt;
}

Result<Bytes> parse_resident(std::string_view text) {
  if (const auto kib = kib_in(text, "VmRSS")) return *kib;
  return fail(Errc::corrupt, "a /proc/PID/status has no valid line 'VmRSS'");
}

Result<ProcessInfo> read_process(const Files& files, std::int32_t pid) {
  const auto stat_text = files.read(path_of(pid, "stat"), Bytes::kib(16));
  if (!stat_text) return tl::unexpected(stat_text.error());
  auto stat = parse_process_stat(*stat_text);
  if (!stat) return tl::unexpected(stat.error());
  const auto status_text = files.read(path_of(pid, "status"), Bytes::kib(64));
  if (!status_text) return tl::unexpected(status_text.error());
  const auto status = parse_process_status(*status_text);
  if (!status) return tl::unexpected(status.error());
  return ProcessInfo{.pid = pid,
                     .parent_pid = stat->parent_pid,
                     .start_ticks = stat->start_ticks,
                     .uid = status->uid,
                     .gid = status->gid,
                     .state = stat->state,
                     .comm = std::move(stat->comm),
                     .executable = link_target(files, path_of(pid, "exe")),
                     .working_directory = link_target(files, path_of(pid, "cwd")),
                     .cgroup = parse_process_cgroup(read_cut(files, path_of(pid, "cgroup"), 16 * 1024)),
                     .argv = parse_cmdline(read_cut(files, path_of(pid, "cmdline"), max_argv_bytes)),
                     .signals_caught = status->signals_caught,
                     .private_dirty = {}};
}

Result<Bytes> read_private_dirty(const Files& files, std::int32_t pid) {
  const auto text = files.read(path_of(pid, "smaps_rollup"), Bytes::kib(16));
  if (!text) return tl::unexpected(text.error());
  return parse_private_dirty(*text);
}

Result<Bytes> read_proportional(const Files& files, std::int32_t pid) {
  const auto text = files.read(path_of(pid, "smaps_rollup"), Bytes::kib(16));
  if (!text) return tl::unexpected(text.error());
  return parse_proportional(*text);
}

Result<Bytes> read_resident(const Files& files, std::int32_t pid) {
  const auto text = files.read(path_of(pid, "status"), Bytes::kib(64));
  if (!text) return tl::unexpected(text.error());
  return parse_resident(*text);
}

Result<std::vector<std::int32_t>> child_pids(const Files& files, std::int32_t pid) {
  const auto threads = files.list(path_of(pid, "task"));
  if (!threads) return tl::unexpected(threads.error());
  std::vector<std::int32_t> children;
  bool listed = false;
  for (const auto& thread : *threads) {
    const auto text = files.read(path_of(pid, fmt::format("task/{}/children", thread)));
    if (!text) continue;
    listed = true;
    auto rest = text::trim(*text);
    for (auto word = text::take_word(rest); !word.empty(); word = text::take_word(rest))
      if (const auto child = text::number<std::int32_t>(word)) children.push_back(*child);
  }
  if (!listed) children = scan_for_children(files, pid);
  std::ranges::sort(children);
  return children;
}

}  // namespace dynascale
