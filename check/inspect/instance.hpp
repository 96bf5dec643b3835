#pragma once
/// Running applications, each a process with the workers that it forked. Pure.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/process.hpp"

namespace dynascale::check {

struct LiveInstance {
  ProcessInfo main;
  std::vector<std::int32_t> workers;  ///< Descendants that run the same program, by pid.
  std::string name;                   ///< "nginx", "gunicorn", "java".
  /// As findings name it: "nginx[812]".
  [[nodiscard]] std::string label() const { return name + "[" + std::to_string(main.pid) + "]"; }
};

/// A process whose parent runs the same program is that parent's worker. Interpreters count as the same
/// program only with the same script; shells never do. By pid of the main process.
[[nodiscard]] std::vector<LiveInstance> group_instances(std::span<const ProcessInfo> processes);

/// The program's name: of an interpreter the script's or module's, else the executable's.
[[nodiscard]] std::string instance_name(const ProcessInfo& process);

/// The arguments as words. A program that wrote its own title has all of them in one string: that is split.
[[nodiscard]] std::vector<std::string> words_of(const ProcessInfo& process);

/// The systemd unit in a cgroup path, as "nginx.service"; empty when there is none.
[[nodiscard]] std::string_view unit_of(std::string_view cgroup);

}  // namespace dynascale::check
