#include "check/inspect/instance.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace dynascale::check {
namespace {

std::string_view base_name(std::string_view path) {
  constexpr std::string_view gone = " (deleted)";
  if (path.ends_with(gone)) path.remove_suffix(gone.size());
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

template <std::size_t N>
bool begins_with_any(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(), [&](auto begin) { return name.starts_with(begin); });
}

bool is_interpreter(std::string_view program) {
  constexpr auto names = std::to_array<std::string_view>({"python", "ruby", "perl", "php8", "php7"});
  return begins_with_any(names, program) || program == "php";
}

bool is_shell(std::string_view program) {
  constexpr auto names =
      std::to_array<std::string_view>({"sh", "bash", "dash", "zsh", "ksh", "fish", "busybox"});
  return std::find(names.begin(), names.end(), program) != names.end();
}

/// "nginx: worker process" and "gunicorn: master [app]" name themselves.
std::string_view title_of(std::string_view argument) {
  const auto colon = argument.find(": ");
  const auto blank = argument.find(' ');
  if (colon == std::string_view::npos || blank < colon) return {};
  return base_name(argument.substr(0, colon));
}

/// The script or module that an interpreter runs; empty when there is none.
std::string_view script_of(const std::vector<std::string>& argv) {
  for (std::size_t i = 1; i < argv.size(); ++i) {
    if (argv[i] == "-m" && i + 1 < argv.size()) return argv[i + 1];
    if (argv[i] == "-c" || argv[i] == "-e") return {};
    if (!argv[i].empty() && argv[i].front() != '-') return base_name(argv[i]);
  }
  return {};
}

std::string_view program_of(const ProcessInfo& process) {
  // A program run from memory names no file; what it calls itself says more.
  if (process.executable.starts_with("/memfd:")) return process.comm;
  if (!process.executable.empty()) return base_name(process.executable);
  return process.argv.empty() ? std::string_view{process.comm} : base_name(process.argv.front());
}

bool same_program(const ProcessInfo& parent, const ProcessInfo& child) {
  const auto program = program_of(parent);
  if (program != program_of(child) || is_shell(program)) return false;
  if (!is_interpreter(program)) return parent.executable == child.executable;
  return instance_name(parent) == instance_name(child);
}

}  // namespace

std::vector<std::string> words_of(const ProcessInfo& process) {
  if (process.argv.size() != 1) return process.argv;
  std::vector<std::string> words;
  std::string_view rest = process.argv.front();
  while (!rest.empty()) {
    const auto end = std::min(rest.find(' '), rest.size());
    if (end > 0) words.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return words;
}

std::string instance_name(const ProcessInfo& process) {
  const auto title = process.argv.empty() ? std::string_view{} : title_of(process.argv.front());
  const auto program = program_of(process);
  if (!is_interpreter(program)) return std::string{program};
  if (!title.empty()) return std::string{title};
  const auto script = script_of(process.argv);
  return std::string{script.empty() ? program : script};
}

std::string_view unit_of(std::string_view cgroup) {
  constexpr std::string_view ending = ".service";
  while (!cgroup.empty()) {
    const auto slash = cgroup.rfind('/');
    const auto part = cgroup.substr(slash == std::string_view::npos ? 0 : slash + 1);
    if (part.ends_with(ending)) return part;
    cgroup = cgroup.substr(0, slash == std::string_view::npos ? 0 : slash);
  }
  return {};
}

std::vector<LiveInstance> group_instances(std::span<const ProcessInfo> processes) {
  std::map<std::int32_t, const ProcessInfo*> by_pid;
  for (const auto& process : processes) by_pid[process.pid] = &process;
  const auto main_of = [&](const ProcessInfo& process) {
    const auto* at = &process;
    // Bounded: a list read while processes come and go may hold a circle.
    for (std::size_t steps = 0; steps < processes.size(); ++steps) {
      const auto parent = by_pid.find(at->parent_pid);
      if (parent == by_pid.end() || parent->second == at || !same_program(*parent->second, *at)) break;
      at = parent->second;
    }
    return at;
  };
  std::map<std::int32_t, LiveInstance> instances;
  for (const auto& process : processes) {
    const auto* main = main_of(process);
    auto& instance = instances[main->pid];
    if (main == &process) {
      instance.main = process;
      instance.name = instance_name(process);
    } else {
      instance.workers.push_back(process.pid);
    }
  }
  std::vector<LiveInstance> out;
  for (auto& [pid, instance] : instances) {
    if (instance.main.pid == 0) continue;
    std::sort(instance.workers.begin(), instance.workers.end());
    out.push_back(std::move(instance));
  }
  return out;
}

}  // namespace dynascale::check
