#include "check/drill/cgroup_mover.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <set>
#include <sstream>

#include "probes/cpu.hpp"
#include "probes/live_process.hpp"
#include "probes/memory.hpp"

namespace dynascale::check {
namespace {

using Path = std::string;

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

bool has_word(const std::string& text, std::string_view word) {
  std::istringstream words{text};
  return std::find(std::istream_iterator<std::string>{words}, {}, word) != std::istream_iterator<std::string>{};
}

Error explained(Error error, std::string_view action) {
  error.what = fmt::format("cannot {}: {}", action, error.what);
  if (error.code == Errc::permission_denied)
    error.what += "; it takes root, or a control group that is delegated to this user";
  return error;
}

/// What the group may use now; of version 2, the nearest that says.
Result<std::string> usable_cpus(const Files& files, const ControlGroup& group) {
  auto folder = group.folder;
  for (;;) {
    for (const char* name : {"/cpuset.cpus.effective", "/cpuset.effective_cpus", "/cpuset.cpus"}) {
      const auto text = files.read(folder + name);
      if (text && !trimmed(*text).empty()) return trimmed(*text);
    }
    if (folder.size() <= group.mount.size()) break;
    folder.resize(folder.rfind('/'));
  }
  return fail(Errc::unsupported, "no control group here says which CPUs it may use");
}

std::uint64_t held_by(const Files& files, const std::vector<int>& pids) {
  std::uint64_t held = 0;
  for (const int pid : pids) {
    const auto rollup = files.read(fmt::format("/proc/{}/smaps_rollup", pid));
    if (rollup) held += parse_memory_rollup(*rollup).proportional.value_or(Bytes{}).count();
  }
  return held;
}

}  // namespace

std::uint64_t safe_bound(std::uint64_t wanted, std::uint64_t held) {
  return std::max(wanted, held + held / 4 + (std::uint64_t{32} << 20));
}

CgroupMover::CgroupMover(ControlGroup cpuset, ControlGroup memory, std::string cpus, const Machine& first,
                         const Machine& least)
    : cpuset_{std::move(cpuset)},
      memory_{std::move(memory)},
      cpus_{std::move(cpus)},
      first_{first},
      least_{least} {}

CgroupMover::~CgroupMover() = default;

Result<std::unique_ptr<CgroupMover>> CgroupMover::create(int pid, const Machine& least) {
  const Files files{"/"};
  const auto groups = files.read(fmt::format("/proc/{}/cgroup", pid));
  if (!groups) return fail(Errc::not_found, fmt::format("there is no process {}", pid));
  const auto mounts = files.read("/proc/self/mountinfo", Bytes::mib(16)).value_or("");
  auto cpuset = find_group(*groups, mounts, "cpuset");
  if (!cpuset) return tl::unexpected{cpuset.error()};
  auto memory = find_group(*groups, mounts, "memory");
  if (!memory) return tl::unexpected{memory.error()};
  const auto cpus = usable_cpus(files, *cpuset);
  if (!cpus) return tl::unexpected{cpus.error()};
  const auto count = parse_cpulist(*cpus);
  const auto total = read_memory(files);
  if (!count || !total) return fail(Errc::unsupported, "this machine's size cannot be read");
  const auto now = static_cast<std::uint32_t>(count->size());
  if (now <= least.cpus)
    return fail(Errc::invalid_argument,
                fmt::format("--cpus: the program may use {} CPUs; the envelope's minimum must be below", now));
  const Machine first{now, now, total->total.count()};
  const Machine smaller{least.cpus, now, std::min(least.memory_bytes, first.memory_bytes)};
  return std::unique_ptr<CgroupMover>{new CgroupMover{*cpuset, *memory, *cpus, first, smaller}};
}

std::string CgroupMover::name() const {
  return fmt::format("control groups, version {}", cpuset_.version);
}

Status CgroupMover::begin(const Machine& machine, const std::vector<int>& pids) {
  if (!undo_) {
    if (auto confined = confine(pids); !confined)
      return tl::unexpected{explained(confined.error(), "bound the program")};
  }
  const bool small = machine.cpus < first_.cpus;
  const auto cpus = small ? first_cpus(cpus_, machine.cpus).value_or(cpus_) : cpus_;
  if (auto written = set(cpuset_.folder + "/cpuset.cpus", cpus); !written) return written;
  if (!small) return unbound();
  const auto bytes = safe_bound(machine.memory_bytes, held_by(files_, pids));
  if (bytes > machine.memory_bytes)
    notes_.push_back(fmt::format("memory was bounded to {} MiB, not {}: it holds too much for less", bytes >> 20,
                                 machine.memory_bytes >> 20));
  return bound(bytes);
}

Status CgroupMover::confine(const std::vector<int>& pids) {
  const auto all = parse_cpulist(cpus_);
  for (const int pid : pids) {
    for (const auto& mask : read_thread_masks(files_, pid).value_or(std::vector<std::vector<VcpuIndex>>{})) {
      if (std::ranges::includes(mask, *all)) continue;
      return fail(Errc::refused, fmt::format("process {} is pinned to CPUs {} of {}, and some kernels do not give "
                                             "such a mask back (question 2)", pid, format_cpulist(mask), cpus_));
    }
  }
  auto log = UndoLog::start();
  if (!log) return tl::unexpected{log.error()};
  undo_.emplace(std::move(*log));
  for (auto* group : {&cpuset_, &memory_}) {
    const bool moves = group->version == 1 || group->folder == group->mount;
    if (moves && group == &memory_ && memory_.version == 2 && cpuset_.version == 2) {
      memory_.folder = cpuset_.folder;  // The same group, which is made already.
    } else if (moves) {
      if (auto made = make_group(*group, pids); !made) return made;
    } else if (auto taken = take_over(*group, group == &cpuset_ ? "cpuset" : "memory", pids); !taken) {
      return taken;
    }
  }
  return {};
}

Status CgroupMover::make_group(ControlGroup& group, const std::vector<int>& pids) {
  const auto home = group.folder;
  const auto folder = fmt::format("{}/dynascale-drill-{}", home, ::getpid());
  if (group.version == 2) {
    for (const char* controller : {"cpuset", "memory"})
      if (auto enabled = enable({folder, group.mount, 2}, controller); !enabled) return enabled;
  }
  if (auto noted = undo_->release(folder, home); !noted) return noted;
  if (::mkdir(folder.c_str(), 0755) != 0) {
    const auto code = errno == EACCES || errno == EPERM || errno == EROFS ? Errc::permission_denied : Errc::io;
    return fail(code, fmt::format("{}: {}", folder, std::strerror(errno)));
  }
  if (group.version == 1 && &group == &cpuset_) {
    // Without both the group takes no process.
    const auto nodes = files_.read(home + "/cpuset.mems");
    if (!nodes) return tl::unexpected{nodes.error()};
    if (auto written = files_.write_attribute(folder + "/cpuset.mems", trimmed(*nodes)); !written) return written;
    if (auto written = files_.write_attribute(folder + "/cpuset.cpus", cpus_); !written) return written;
  } else if (group.version == 1) {
    // Memory comes along, and nothing is killed for want of it: it waits until the bound goes.
    static_cast<void>(files_.write_attribute(folder + "/memory.move_charge_at_immigrate", "3"));
    static_cast<void>(files_.write_attribute(folder + "/memory.oom_control", "1"));
  }
  for (const int pid : pids) {
    const auto moved = files_.write_attribute(folder + "/cgroup.procs", std::to_string(pid));
    if (!moved && moved.error().code != Errc::not_found) return moved;
  }
  group.folder = folder;
  return {};
}

Status CgroupMover::take_over(const ControlGroup& group, std::string_view controller,
                              const std::vector<int>& pids) {
  const auto members = files_.read(group.folder + "/cgroup.procs");
  if (!members) return tl::unexpected{members.error()};
  const std::set<int> own{pids.begin(), pids.end()};
  std::istringstream lines{*members};
  for (int member = 0; lines >> member;) {
    if (!own.contains(member))
      return fail(Errc::refused,
                  fmt::format("process {} is in its control group {}, too, and would be bounded with it; start the "
                              "program in a unit of its own", member, group.folder));
  }
  return enable(group, controller);
}

/// Version 2: each group above hands the controller on.
Status CgroupMover::enable(const ControlGroup& group, std::string_view controller) {
  for (auto slash = group.folder.find('/', group.mount.size()); slash != std::string::npos;
       slash = group.folder.find('/', slash + 1)) {
    const auto file = group.folder.substr(0, slash) + "/cgroup.subtree_control";
    const auto handed = files_.read(file);
    if (!handed) return tl::unexpected{handed.error()};
    if (has_word(*handed, controller)) continue;
    if (auto noted = undo_->write(file, fmt::format("-{}", controller)); !noted) return noted;
    if (auto written = files_.write_attribute(file, fmt::format("+{}", controller)); !written) return written;
  }
  return {};
}

Status CgroupMover::bound(std::uint64_t bytes) {
  if (memory_.version == 1) return set(memory_.folder + "/memory.limit_in_bytes", std::to_string(bytes));
  // From here on it is slowed down and reclaimed, so that it does not reach the bound which kills.
  if (auto high = set(memory_.folder + "/memory.high", std::to_string(bytes - bytes / 16)); !high) return high;
  return set(memory_.folder + "/memory.max", std::to_string(bytes));
}

Status CgroupMover::unbound() {
  if (memory_.version == 1) return set(memory_.folder + "/memory.limit_in_bytes", "-1");
  for (const char* name : {"/memory.max", "/memory.high"}) {
    const auto path = memory_.folder + name;
    const auto former = before_.find(path);
    if (auto written = set(path, former == before_.end() ? "max" : former->second); !written) return written;
  }
  return {};
}

Status CgroupMover::set(const std::string& path, const std::string& value) {
  if (!before_.contains(path)) {
    const auto former = files_.read(path);
    if (!former) return tl::unexpected{former.error()};
    // Of version 1 an unlimited bound reads as a number that would be refused.
    const auto back = memory_.version == 1 && path.ends_with("limit_in_bytes") ? std::string{"-1"} : trimmed(*former);
    before_[path] = back;
    if (auto noted = undo_->write(path, back.empty() ? "\n" : back); !noted) return noted;
  }
  return files_.write_attribute(path, value);
}

}  // namespace dynascale::check
