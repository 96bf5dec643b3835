#include "check/inspect/judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "probes/cpu.hpp"

namespace dynascale::check {
namespace {

using Cpus = std::vector<VcpuIndex>;

/// Below this, locked pages are keys and ring buffers, not a working set.
constexpr Bytes small_lock = Bytes::mib(16);

Cpus common(const Cpus& a, const Cpus& b) {
  Cpus out;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  return out;
}

Cpus without(const Cpus& a, const Cpus& b) {
  Cpus out;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  return out;
}

/// Writes one application's verdicts.
class Judge {
 public:
  Judge(const LiveFacts& facts, const LiveMachine& machine, const Envelope& envelope)
      : facts_{facts}, machine_{machine}, envelope_{envelope} {}

  std::vector<Verdict> run() {
    if (facts_.members.empty()) return {};
    pinning();
    confinement();
    locked();
    huge_pages();
    resident();
    memory_limit();
    crew();
    born_small();
    return std::move(verdicts_);
  }

 private:
  Verdict verdict(std::string rule, Level level, std::string_view subject, std::string message) const {
    Verdict out;
    out.rule = std::move(rule);
    out.level = level;
    out.subject = fmt::format("{}\n{}", facts_.instance.name, subject);
    out.message = std::move(message);
    return out;
  }

  void from_status(Verdict verdict, const LiveMember& member, std::string_view key) {
    verdict.path = fmt::format("/proc/{}/status", member.pid);
    point_at(verdict, member.status_text, key);
    verdicts_.push_back(std::move(verdict));
  }

  [[nodiscard]] std::string of_members(std::size_t count) const {
    return facts_.members.size() == 1 ? std::string{}
                                      : fmt::format(" ({} of {} processes)", count, facts_.members.size());
  }

  /// The CPUs that the mask leaves out although the cgroup would allow them; now, or when they come.
  [[nodiscard]] Cpus left_out(const Cpus& mask) const {
    const auto allowed = facts_.cgroup_cpus ? common(*facts_.cgroup_cpus, machine_.online) : machine_.online;
    auto now = without(allowed, mask);
    if (!now.empty()) return now;
    // A cpuset of version 2 sets the mask itself, and widens it when a CPU comes.
    if (facts_.cgroup_cpus && mask == *facts_.cgroup_cpus) return {};
    return without(machine_.possible, mask);
  }

  void pinning() {
    const LiveMember* first = nullptr;
    std::size_t pinned = 0;
    std::string message;
    for (const auto& member : facts_.members) {
      auto masks = member.masks;
      if (masks.empty() && !member.status.cpus_allowed.empty()) masks.push_back(member.status.cpus_allowed);
      const auto narrow =
          std::find_if(masks.begin(), masks.end(), [&](const Cpus& mask) { return !left_out(mask).empty(); });
      if (narrow == masks.end()) continue;
      if (++pinned > 1) continue;
      first = &member;
      message = fmt::format("may run on CPUs {} and never on {}{}", format_cpulist(*narrow),
                            format_cpulist(left_out(*narrow)), masks.size() > 1 ? ", thread by thread" : "");
    }
    if (first != nullptr)
      from_status(verdict("DSC207", Level::warning, "affinity", message + of_members(pinned)), *first,
                  "Cpus_allowed_list:");
  }

  void confinement() {
    if (!facts_.cgroup_cpus) return;
    const auto outside = without(machine_.online, *facts_.cgroup_cpus);
    if (outside.empty()) return;
    auto found = verdict("DSC204", Level::warning, "cpuset",
                         fmt::format("its cgroup allows CPUs {}, while {} are online too",
                                     format_cpulist(*facts_.cgroup_cpus), format_cpulist(outside)));
    found.path = fmt::format("/sys/fs/cgroup{}/cpuset.cpus.effective", facts_.instance.main.cgroup);
    found.text = format_cpulist(*facts_.cgroup_cpus);
    verdicts_.push_back(std::move(found));
  }

  /// Memory that cannot be taken: an error when it leaves less than half of the smallest machine.
  [[nodiscard]] Level level_of_held(Bytes held) const {
    return held.count() >= envelope_.min_memory_bytes / 2 ? Level::error : Level::warning;
  }

  template <class Read>
  void held(std::string_view rule, std::string_view key, std::string_view what, Read read) {
    Bytes sum;
    std::size_t count = 0;
    const LiveMember* most = nullptr;
    for (const auto& member : facts_.members) {
      const std::optional<Bytes> amount = read(member.status);
      if (!amount || *amount == Bytes{}) continue;
      sum = saturating_add(sum, *amount);
      ++count;
      if (most == nullptr || *amount > *read(most->status)) most = &member;
    }
    if (most == nullptr) return;
    const auto level = sum < small_lock ? Level::note : level_of_held(sum);
    from_status(verdict(std::string{rule}, level, key, fmt::format("{} {}{}", sum, what, of_members(count))),
                *most, key);
  }

  void locked() {
    held("DSC402", "VmLck:", "are locked now", [](const LiveStatus& status) { return status.locked; });
    held("DSC402", "VmPin:", "are pinned for devices now",
         [](const LiveStatus& status) { return status.pinned; });
  }

  void huge_pages() {
    held("DSC403", "HugetlbPages:", "of reserved huge pages are in use now",
         [](const LiveStatus& status) { return status.huge_pages; });
  }

  void resident() {
    if (!facts_.resident || facts_.resident->count() <= envelope_.min_memory_bytes) return;
    const auto huge =
        facts_.transparent_huge_pages == Bytes{}
            ? std::string{}
            : fmt::format(", {} of it in transparent huge pages", facts_.transparent_huge_pages);
    from_status(verdict("DSC407", Level::warning, "resident",
                        fmt::format("{} are resident{}, the smallest machine has {}", *facts_.resident, huge,
                                    Bytes::of(envelope_.min_memory_bytes))),
                facts_.members.front(), "VmRSS:");
  }

  void memory_limit() {
    if (!facts_.memory_limit || facts_.memory_limit->count() >= envelope_.max_memory_bytes) return;
    auto found = verdict("DSC304", level_of_limit(), "memory.max",
                         fmt::format("its cgroup may hold {}, the largest machine has {}",
                                     *facts_.memory_limit, Bytes::of(envelope_.max_memory_bytes)));
    found.path = fmt::format("/sys/fs/cgroup{}/memory.max", facts_.instance.main.cgroup);
    found.text = std::to_string(facts_.memory_limit->count());
    verdicts_.push_back(std::move(found));
  }

  [[nodiscard]] Level level_of_limit() const {
    return facts_.memory_limit->count() < envelope_.max_memory_bytes / 4 ? Level::warning : Level::note;
  }

  /// A crew that fits the CPUs of its first moment. Alone it may be chance; it is more when the machine has
  /// changed since and the crew fits the old number but not the new one.
  void crew() {
    if (!machine_.ages) return;
    const double started_s = static_cast<double>(facts_.instance.main.start_ticks) /
                             static_cast<double>(machine_.ticks_per_second);
    const auto then = cpus_at_start(*machine_.ages, machine_.ages->uptime_s - started_s);
    if (!then) return;
    const auto now = static_cast<std::uint32_t>(machine_.ages->online_s.size());
    const auto workers = static_cast<std::uint32_t>(facts_.members.size() - 1);
    const auto threads = facts_.members.front().status.threads.value_or(1);
    const auto count = workers > 0 ? workers : threads;
    const auto fits = [&](std::uint32_t cpus) {
      return count == cpus || count == 2 * cpus + 1 ||
             (workers == 0 && (count == cpus + 1 || count == 2 * cpus));
    };
    const bool changed = *then != now;
    if (count < 2 && !(changed && workers > 0)) return;
    if (!fits(*then) || (changed && fits(now))) return;
    const auto message = changed ? fmt::format("{} {} fit the {} CPUs at its start, not the {} of now", count,
                                               workers > 0 ? "workers" : "threads", *then, now)
                                 : fmt::format("{} {} fit the {} CPUs that it was started with", count,
                                               workers > 0 ? "workers" : "threads", *then);
    from_status(verdict("DSC117", changed ? Level::warning : Level::note, "crew", message),
                facts_.members.front(), "Threads:");
  }

  /// Runtimes that choose their heap's ceiling from the memory of their first moment.
  void born_small() {
    const auto& name = facts_.instance.name;
    const auto words = words_of(facts_.instance.main);
    const auto given = [&](std::string_view option) {
      return facts_.environment.find(option) != std::string::npos ||
             std::any_of(words.begin(), words.end(),
                         [&](const std::string& word) { return word.starts_with(option); });
    };
    const bool jvm = name == "java" && !given("-Xmx") && !given("-XX:MaxHeapSize") && !given("-XX:MaxRAM");
    const bool node = (name == "node" || name == "nodejs") && !given("--max-old-space-size") &&
                      !given("--max_old_space_size");
    if (!jvm && !node) return;
    auto found = verdict("DSC302", Level::warning, "heap",
                         fmt::format("no {}: the heap's ceiling was chosen from the memory at start",
                                     jvm ? "-Xmx" : "--max-old-space-size"));
    found.path = fmt::format("/proc/{}/cmdline", facts_.instance.main.pid);
    found.text = words.empty() ? name : words.front();
    verdicts_.push_back(std::move(found));
  }

  const LiveFacts& facts_;
  const LiveMachine& machine_;
  const Envelope& envelope_;
  std::vector<Verdict> verdicts_;
};

}  // namespace

std::vector<Verdict> judge_live(const LiveFacts& facts, const LiveMachine& machine,
                                const Envelope& envelope) {
  return Judge{facts, machine, envelope}.run();
}

}  // namespace dynascale::check
