#include "check/inspect/inspect.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>

#include "check/ask/truth.hpp"
#include "check/engine/follow.hpp"
#include "check/engine/match.hpp"
#include "check/files/rooted.hpp"
#include "check/inspect/instance_files.hpp"
#include "check/inspect/judge.hpp"
#include "check/inspect/options.hpp"
#include "probes/cpu.hpp"
#include "probes/process.hpp"

namespace dynascale::check {
namespace {

constexpr std::size_t most_members = 512;

/// One run: what it reads from, and what it has found.
class Inspector {
 public:
  Inspector(const InspectOptions& options, const Catalog& catalog, const Matchers& matchers)
      : options_{options}, catalog_{catalog}, matchers_{matchers}, files_{options.root} {
    if (auto online = read_cpus(files_, CpuSet::online)) machine_.online = std::move(*online);
    if (const auto text = files_.read("/sys/devices/system/cpu/possible")) {
      if (auto possible = parse_cpulist(*text)) machine_.possible = std::move(*possible);
    }
    machine_.ticks_per_second = ::sysconf(_SC_CLK_TCK);
    if (auto ages = read_cpu_ages(files_, machine_.ticks_per_second)) machine_.ages = std::move(*ages);
  }

  void look_at(const LiveInstance& instance) {
    LiveFacts facts;
    facts.instance = instance;
    if (!read_members(facts))
      return unreadable(fmt::format("/proc/{}", instance.main.pid), "it ended meanwhile");
    ++report_.files;
    ++report_.judged;
    facts.cgroup_cpus = read_cgroup_cpus(files_, instance.main.cgroup);
    if (const auto limits = read_cgroup_limits(files_, instance.main.cgroup))
      facts.memory_limit = limits->memory;
    judge_options(facts);
    for (const auto& verdict : judge_live(facts, machine_, options_.envelope))
      report_.findings.push_back(finding_of(verdict, catalog_, instance.label()));
    judge_files(instance);
  }

  void unreadable(std::string path, std::string why) {
    report_.incidents.push_back({"DSC903", std::move(path), 0, std::move(why), Level::warning});
  }

  ScanReport finish() {
    if (denied_ > 0)
      unreadable("/proc",
                 fmt::format("environment and memory of {} processes may not be read by this user", denied_));
    std::sort(report_.findings.begin(), report_.findings.end(), [](const Finding& a, const Finding& b) {
      return std::tie(a.component, a.path, a.line, a.rule) < std::tie(b.component, b.path, b.line, b.rule);
    });
    std::sort(report_.incidents.begin(), report_.incidents.end());
    return std::move(report_);
  }

 private:
  bool read_members(LiveFacts& facts) {
    auto pids = facts.instance.workers;
    pids.insert(pids.begin(), facts.instance.main.pid);
    if (pids.size() > most_members) pids.resize(most_members);
    Bytes resident;
    for (const auto pid : pids) {
      auto text = files_.read(fmt::format("/proc/{}/status", pid), Bytes::kib(64));
      if (!text) continue;
      auto status = parse_live_status(*text);
      if (!status) continue;
      LiveMember member{pid, std::move(*text), std::move(*status), {}};
      if (auto masks = read_thread_masks(files_, pid)) member.masks = std::move(*masks);
      const auto rollup = read_rollup(pid);
      // Shared pages count once where the kernel tells the share, else with every process.
      const auto share = rollup.proportional ? rollup.proportional : member.status.resident;
      resident = saturating_add(resident, share.value_or(Bytes{}));
      facts.transparent_huge_pages =
          saturating_add(facts.transparent_huge_pages, rollup.transparent_huge_pages.value_or(Bytes{}));
      facts.members.push_back(std::move(member));
    }
    if (resident != Bytes{}) facts.resident = resident;
    return !facts.members.empty() && facts.members.front().pid == facts.instance.main.pid;
  }

  MemoryRollup read_rollup(std::int32_t pid) {
    const auto text = files_.read(fmt::format("/proc/{}/smaps_rollup", pid), Bytes::kib(16));
    if (!text && text.error().code == Errc::permission_denied) ++denied_;
    return text ? parse_memory_rollup(*text) : MemoryRollup{};
  }

  void judge_text(OptionText text, std::string_view file, const LiveInstance& instance) {
    Evidence evidence{fmt::format("/proc/{}/{}", instance.main.pid, file),
                      fmt::format("{}/{}", instance.name, file), std::move(text.text), options_.envelope};
    for (const auto& setting : text.config.settings)
      match_setting(evidence.context(), matchers_, setting, evidence.collector());
    for (const auto& command : text.config.commands)
      match_command(evidence.context(), matchers_, command, evidence.collector());
    evidence.finish(report_, instance.label());
  }

  void judge_options(LiveFacts& facts) {
    const auto& instance = facts.instance;
    judge_text(command_line_text(instance), "cmdline", instance);
    const auto environ = files_.read(fmt::format("/proc/{}/environ", instance.main.pid), Bytes::mib(4));
    if (!environ) {
      if (environ.error().code == Errc::permission_denied) ++denied_;
      return;
    }
    auto text = environment_text(*environ, matchers_);
    for (const auto& command : text.config.commands) facts.environment += command.text + " ";
    judge_text(std::move(text), "environ", instance);
  }

  /// The file system that the process sees. Its paths are printed without a prefix when it is ours.
  [[nodiscard]] std::pair<RootedFiles, std::string> root_of(const LiveInstance& instance) const {
    const auto link = fmt::format("/proc/{}/root", instance.main.pid);
    const auto target = files_.read_link(link);
    const bool own = !target || *target == "/";
    return {RootedFiles{own ? options_.root : files_.resolve(link).string()}, own ? std::string{} : link};
  }

  void judge_files(const LiveInstance& instance) {
    auto [root, prefix] = root_of(instance);
    const bool here = prefix.empty();
    InstanceFiles files{std::move(root), std::move(prefix), options_.root, options_.envelope, matchers_};
    const auto answer = here ? ask_server_of(instance) : std::nullopt;
    auto part = files.judge(instance, answer && *answer ? (*answer)->config_file : std::string{});
    // A server's own word counts more than its files. None is no failure.
    if (answer && *answer)
      apply_truth(**answer, instance.label(), options_.envelope, matchers_, part);
    else if (answer)
      part.incidents.push_back({"DSC905", instance.label(), 0, answer->error().what, Level::note});
    merge(report_, std::move(part));
  }

  [[nodiscard]] std::optional<Result<ServerAnswer>> ask_server_of(const LiveInstance& instance) const {
    if (!options_.ask) return std::nullopt;
    const auto age = age_of_process(files_, instance.main.start_ticks);
    if (!age) return std::nullopt;
    return options_.ask(instance, std::chrono::duration<double>(*age).count());
  }

  const InspectOptions& options_;
  const Catalog& catalog_;
  const Matchers& matchers_;
  Files files_;
  LiveMachine machine_;
  ScanReport report_;
  std::size_t denied_ = 0;
};

bool has_pid(const LiveInstance& instance, std::int32_t pid) {
  return instance.main.pid == pid ||
         std::binary_search(instance.workers.begin(), instance.workers.end(), pid);
}

bool in_unit(const LiveInstance& instance, const std::string& unit) {
  const auto name = unit_of(instance.main.cgroup);
  return name == unit || name == unit + ".service";
}

}  // namespace

Result<ScanReport> inspect(const InspectOptions& options, const Catalog& catalog, const Matchers& matchers) {
  const auto processes = list_processes(Files{options.root});
  if (!processes) return tl::unexpected(processes.error());
  const auto instances = group_instances(*processes);
  Inspector inspector{options, catalog, matchers};
  std::set<std::int32_t> chosen;
  const auto choose = [&](const std::string& wanted, auto fits) {
    bool found = false;
    for (const auto& instance : instances) {
      if (!fits(instance)) continue;
      found = true;
      chosen.insert(instance.main.pid);
    }
    if (!found) inspector.unreadable(wanted, "no such process is running");
  };
  for (const auto pid : options.pids)
    choose(fmt::format("/proc/{}", pid),
           [&](const LiveInstance& instance) { return has_pid(instance, pid); });
  for (const auto& unit : options.units)
    choose(unit, [&](const LiveInstance& instance) { return in_unit(instance, unit); });
  const auto self = ::getpid();
  for (const auto& instance : instances) {
    if (chosen.count(instance.main.pid) != 0 || (options.all && instance.main.pid != self))
      inspector.look_at(instance);
  }
  return inspector.finish();
}

}  // namespace dynascale::check
