#include "check/guest/judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "check/text/size.hpp"
#include "core/model/units.hpp"
#include "probes/cpu.hpp"
#include "probes/memory.hpp"

namespace dynascale::check {
namespace {

/// One thread's kernel stack on a 64-bit machine, of which fork_init() lets all threads fill an eighth of
/// memory.
constexpr std::uint64_t thread_stack_bytes = 16384;

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

class Judge {
 public:
  Judge(const GuestFacts& facts, const Envelope& envelope) : facts_{facts}, envelope_{envelope} {}

  std::vector<Verdict> run() {
    cpu_hotplug();
    memory_hotplug();
    drivers();
    memory_online();
    cpus_online();
    movable();
    irqbalance();
    pressure();
    agent();
    cgroups();
    possible();
    command_line();
    boot_values();
    return std::move(verdicts_);
  }

 private:
  void say(std::string rule, Level level, const GuestText& place, std::string_view key, std::string message) {
    Verdict verdict;
    verdict.rule = std::move(rule);
    verdict.level = level;
    verdict.path = place.path;
    verdict.subject = fmt::format("guest\n{}\n{}", place.path, key);
    verdict.message = std::move(message);
    if (place.text) point_at(verdict, *place.text, key);
    verdicts_.push_back(std::move(verdict));
  }

  [[nodiscard]] bool option(const std::string& name) const {
    const auto found = facts_.options.find(name);
    return found != facts_.options.end() && (found->second == "y" || found->second == "m");
  }

  /// The value of a word on the running kernel's command line, "" for a word without one.
  [[nodiscard]] std::optional<std::string_view> boot_word(std::string_view name) const {
    if (!facts_.running || !facts_.command_line.text) return std::nullopt;
    std::string_view rest = *facts_.command_line.text;
    std::optional<std::string_view> value;
    while (!rest.empty()) {
      const auto end = std::min(rest.find_first_of(" \n"), rest.size());
      const auto word = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (word == name) value = "";
      if (word.starts_with(name) && word.substr(name.size()).starts_with('='))
        value = word.substr(name.size() + 1);
    }
    return value;
  }

  void missing_option(std::string rule, Level level, std::string_view name, std::string_view what) {
    say(std::move(rule), level, facts_.kernel_config, fmt::format("# {} is not set", name),
        fmt::format("kernel {} is built without {}: {}", facts_.release, name, what));
  }

  void cpu_hotplug() {
    if (!facts_.kernel_config.text) return;
    if (!option("CONFIG_HOTPLUG_CPU"))
      return missing_option("DSC602", Level::error, "CONFIG_HOTPLUG_CPU", "no CPU can come or go");
    if (option("CONFIG_ACPI") && !option("CONFIG_ACPI_HOTPLUG_CPU"))
      missing_option("DSC602", Level::error, "CONFIG_ACPI_HOTPLUG_CPU",
                     "a CPU that the hypervisor plugs is not seen");
  }

  void memory_hotplug() {
    if (!facts_.kernel_config.text) return;
    if (!option("CONFIG_VIRTIO_BALLOON"))
      missing_option("DSC603", Level::error, "CONFIG_VIRTIO_BALLOON", "the balloon cannot move memory");
    if (!option("CONFIG_MEMORY_HOTPLUG"))
      return missing_option("DSC603", Level::warning, "CONFIG_MEMORY_HOTPLUG", "no memory can be added");
    if (!option("CONFIG_VIRTIO_MEM"))
      missing_option("DSC603", Level::warning, "CONFIG_VIRTIO_MEM",
                     "memory beyond that of boot needs whole DIMMs");
    if (!option("CONFIG_MEMORY_HOTREMOVE"))
      missing_option("DSC603", Level::warning, "CONFIG_MEMORY_HOTREMOVE", "memory that was added stays");
  }

  /// Configured as a module, but the module is not on the disk.
  void drivers() {
    if (!facts_.modules.text) return;
    for (const auto& [name, file] : {std::pair{"CONFIG_VIRTIO_BALLOON", "virtio_balloon.ko"},
                                     std::pair{"CONFIG_VIRTIO_MEM", "virtio_mem.ko"}}) {
      if (option(name) && !has(*facts_.modules.text, file))
        say("DSC603", Level::error, facts_.modules, file,
            fmt::format("kernel {} has {} as a module, and it is not installed", facts_.release, file));
    }
  }

  /// A udev rule on one line that brings devices of a kind online.
  [[nodiscard]] bool udev_onlines(std::string_view subsystem, std::string_view attribute) const {
    for (const auto& file : facts_.udev) {
      if (!file.text) continue;
      const Lines lines{*file.text};
      for (std::uint32_t number = 1; number <= lines.count(); ++number) {
        const auto line = trim(lines.line(number));
        if (!line.starts_with('#') && has(line, fmt::format("SUBSYSTEM==\"{}\"", subsystem)) &&
            (has(line, fmt::format("ATTR{{{}}}=\"", attribute))))
          return true;
      }
    }
    return false;
  }

  void memory_online() {
    if (!facts_.kernel_config.text && !facts_.auto_online.text) return;
    const auto word = boot_word("memhp_default_state");
    const bool by_kernel = facts_.auto_online.text
                               ? !trim(*facts_.auto_online.text).starts_with("offline")
                               : option("CONFIG_MEMORY_HOTPLUG_DEFAULT_ONLINE") ||
                                     option("CONFIG_MHP_DEFAULT_ONLINE_TYPE_ONLINE_AUTO") ||
                                     option("CONFIG_MHP_DEFAULT_ONLINE_TYPE_ONLINE_MOVABLE") ||
                                     option("CONFIG_MHP_DEFAULT_ONLINE_TYPE_ONLINE_KERNEL");
    if (by_kernel || udev_onlines("memory", "state") || (word && *word != "offline")) return;
    say("DSC604", facts_.agent ? Level::note : Level::warning,
        facts_.auto_online.text ? facts_.auto_online : facts_.kernel_config,
        "# CONFIG_MEMORY_HOTPLUG_DEFAULT_ONLINE",
        "neither the kernel nor a udev rule brings new memory online");
  }

  void cpus_online() {
    if (facts_.udev.empty() || udev_onlines("cpu", "online")) return;
    say("DSC605", facts_.agent ? Level::note : Level::warning, {"/etc/udev/rules.d", std::nullopt}, "cpu",
        fmt::format("none of {} udev rule files brings new CPUs online", facts_.udev.size()));
  }

  /// Memory that the kernel itself may use cannot be taken away again.
  void movable() {
    const bool kernel_zone = facts_.auto_online.text && (trim(*facts_.auto_online.text) == "online_kernel" ||
                                                         trim(*facts_.auto_online.text) == "online");
    const bool automatic = facts_.online_policy.text && trim(*facts_.online_policy.text) == "auto-movable";
    if (kernel_zone && !automatic)
      say("DSC606", Level::note, facts_.auto_online, "",
          "new memory comes to a zone that kernel data may fill");
  }

  void irqbalance() {
    if (!facts_.irqbalance)
      return say("DSC607", Level::note, {"/usr/sbin/irqbalance", std::nullopt}, "missing",
                 "it is not installed");
    if (!facts_.irqbalance_defaults.text) return;
    const Lines lines{*facts_.irqbalance_defaults.text};
    for (std::uint32_t number = 1; number <= lines.count(); ++number) {
      const auto line = trim(lines.line(number));
      if (line.starts_with("IRQBALANCE_ONESHOT=") && line.size() > 19 && line != "IRQBALANCE_ONESHOT=0")
        say("DSC607", Level::note, facts_.irqbalance_defaults,
            "IRQBALANCE_ONESHOT=", "it runs once, at boot");
    }
  }

  void pressure() {
    const auto word = boot_word("psi");
    if (facts_.running && facts_.pressure) return;
    if (facts_.running) {
      return say(
          "DSC608", Level::warning, {"/proc/pressure/memory", std::nullopt}, "missing",
          word == "0" ? "psi=0 stands on the kernel command line" : "the running kernel does not measure it");
    }
    if (!facts_.kernel_config.text) return;
    if (!option("CONFIG_PSI"))
      return missing_option("DSC608", Level::warning, "CONFIG_PSI", "pressure is not measured");
    if (option("CONFIG_PSI_DEFAULT_DISABLED") &&
        !(facts_.command_line.text && has(*facts_.command_line.text, "psi=1")))
      say("DSC608", Level::warning, facts_.kernel_config,
          "CONFIG_PSI_DEFAULT_DISABLED=", "it is off until psi=1 stands on the kernel command line");
  }

  void agent() {
    if (!facts_.agent)
      return say("DSC609", Level::note, {"/usr/bin/dynascale-agent", std::nullopt}, "missing",
                 "it is not installed");
    if (!facts_.agent_enabled)
      say("DSC609", Level::note, {"/usr/bin/dynascale-agent", std::nullopt}, "disabled",
          "its service is not enabled");
  }

  void cgroups() {
    if (!facts_.mounts.text) return;
    const Lines lines{*facts_.mounts.text};
    for (std::uint32_t number = 1; number <= lines.count(); ++number) {
      const auto line = lines.line(number);
      if (!has(line, " cgroup ") || !has(line, "cpuset")) continue;
      return say("DSC610", Level::warning, facts_.mounts, line, "cpuset is mounted as cgroup version 1");
    }
  }

  void possible() {
    if (!facts_.possible_cpus.text) return;
    const auto cpus = parse_cpulist(*facts_.possible_cpus.text);
    if (cpus && !cpus->empty() && cpus->size() < envelope_.max_cpus)
      say("DSC611", Level::warning, facts_.possible_cpus, "",
          fmt::format("this machine was started for {} CPUs, the envelope goes to {}", cpus->size(),
                      envelope_.max_cpus));
  }

  void command_line() {
    if (!facts_.running || !facts_.command_line.text) return;
    for (const auto* name : {"maxcpus", "nr_cpus", "possible_cpus", "mem", "nosmp"}) {
      if (const auto value = boot_word(name))
        say("DSC601", Level::warning, facts_.command_line, name,
            fmt::format("the running kernel was started with {}{}{}", name, value->empty() ? "" : "=",
                        *value));
    }
    for (const auto* name : {"isolcpus", "nohz_full", "rcu_nocbs", "irqaffinity"}) {
      if (const auto value = boot_word(name))
        say("DSC206", Level::warning, facts_.command_line, name,
            fmt::format("the running kernel was started with {}={}", name, *value));
    }
  }

  void boot_values() {
    if (facts_.huge_pages.text) {
      const auto pages = parse_number(trim(*facts_.huge_pages.text));
      if (pages && *pages > 0)
        say("DSC403", Level::warning, facts_.huge_pages, "", fmt::format("{} are reserved now", *pages));
    }
    if (!facts_.threads_max.text || !facts_.meminfo.text) return;
    const auto threads = parse_number(trim(*facts_.threads_max.text));
    const auto memory = parse_meminfo(*facts_.meminfo.text);
    if (!threads || !memory) return;
    const auto fitting = memory->total.count() / (8 * thread_stack_bytes);
    if (*threads * 4 < fitting * 3)
      say("DSC306", Level::note, facts_.threads_max, "",
          fmt::format("kernel.threads-max is {}; for the memory of now the kernel would choose {}", *threads,
                      fitting));
  }

  const GuestFacts& facts_;
  const Envelope& envelope_;
  std::vector<Verdict> verdicts_;
};

}  // namespace

std::vector<Verdict> judge_guest(const GuestFacts& facts, const Envelope& envelope) {
  return Judge{facts, envelope}.run();
}

}  // namespace dynascale::check
