#include "adapters/jvm/jvm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "adapters/argv.hpp"
#include "adapters/jvm/attach.hpp"
#include "adapters/master.hpp"
#include "adapters/sizing.hpp"
#include "runtime/process_info.hpp"

namespace dynascale::jvm {
namespace {

using namespace std::chrono_literals;

constexpr auto poll_interval = 250ms;
constexpr auto collection_limit = 20s;  // Beside the delay after which unused memory is given back.
constexpr auto quiet_time = 2s;         // A G1 heap that has not become smaller in it will not.
constexpr std::int64_t collecting_ms = 200;
constexpr std::array settable{std::string_view{soft_limit}, std::string_view{least_free}, std::string_view{most_free},
                              std::string_view{periodic}};

bool is_java(const ProcessInfo& process) {
  const bool hidden = process.executable.empty() && !process.argv.empty();
  const auto name = base_name(hidden ? process.argv[0] : process.executable);
  return name == "java" || name == "jsvc";
}

Status check(const Change& change) {
  const bool known = std::ranges::find(settable, change.setting) != settable.end();
  const bool ratio = change.setting == least_free || change.setting == most_free;
  const std::int64_t least = change.setting == soft_limit ? 1 : 0;
  if (known && change.to >= least && (!ratio || change.to <= 100)) return {};
  return fail(Errc::invalid_argument,
              fmt::format("a JVM cannot change '{}' to {} while it runs", change.setting, change.to));
}

}  // namespace

std::string program_of(const std::vector<std::string>& argv) {
  constexpr std::array valued{std::string_view{"-cp"}, std::string_view{"-classpath"}, std::string_view{"--class-path"},
                              std::string_view{"-p"}, std::string_view{"--module-path"},
                              std::string_view{"--add-modules"}, std::string_view{"--add-opens"},
                              std::string_view{"--add-exports"}, std::string_view{"--add-reads"}};
  for (std::size_t at = 1; at < argv.size(); ++at) {
    const auto& word = argv[at];
    if ((word == "-jar" || word == "-m" || word == "--module") && at + 1 < argv.size())
      return std::string{base_name(argv[at + 1])};
    if (std::ranges::find(valued, word) != valued.end()) ++at;
    else if (!word.starts_with('-') && !word.starts_with('@') && !word.empty())
      return std::string{base_name(word)};
  }
  return "java";
}

AdapterInfo Jvm::info() const {
  return {.name = "jvm",
          .title = "Java (HotSpot)",
          .maturity = Maturity::alpha,
          .rights = "the user of the JVM, or CAP_SETUID, CAP_SETGID, CAP_KILL and CAP_SYS_PTRACE (/tmp, memory)"};
}

Capabilities Jvm::capabilities() const {
  return {.live_memory = true, .needs_restart = true, .reversible = true, .reports_need = true, .keeps_values = true};
}

std::vector<Instance> Jvm::detect(std::span<const ProcessInfo> processes) const {
  return find_masters(processes, "jvm", is_java, [](const auto& process) { return program_of(process.argv); });
}

Result<Flags> Jvm::flags(const Instance& instance, const CallLimits& limits) const {
  const auto text = ask(files_, instance, {"jcmd", "VM.flags -all"}, limits);
  if (!text) return tl::unexpected(text.error());
  auto flags = parse_flags(*text);
  if (flags.contains("MaxHeapSize")) return flags;
  return fail(Errc::unsupported, "the JVM does not tell its flags as HotSpot does");
}

Result<std::int64_t> Jvm::flag(const Instance& instance, std::string_view name, const CallLimits& limits) const {
  const auto text = ask(files_, instance, {"printflag", name}, limits);
  if (!text) return tl::unexpected(text.error());
  const auto value = parse_flag(*text, name);
  if (value) return *value;
  return fail(Errc::unsupported, fmt::format("the JVM does not tell {} as HotSpot does", name));
}

Result<Heap> Jvm::heap(const Instance& instance, const CallLimits& limits) const {
  const auto text = ask(files_, instance, {"jcmd", "GC.heap_info"}, limits);
  if (!text) return tl::unexpected(text.error());
  const auto heap = parse_heap(*text);
  if (heap) return *heap;
  return fail(Errc::unsupported, "the JVM's collector does not tell its heap in a known way");
}

Result<Settings> Jvm::read(const Instance& instance, const CallLimits& limits) {
  Vm vm;
  const auto known = flags(instance, limits);
  if (!known) return tl::unexpected(known.error());
  vm.flags = *known;
  if (const auto now = heap(instance, limits)) vm.heap = *now;
  if (const auto memory = read_proportional(files_, instance.main_pid)) vm.process = *memory;
  return settings_of(vm);
}

Status Jvm::set(const Instance& instance, std::string_view name, std::int64_t value, const CallLimits& limits) const {
  const auto done = ask(files_, instance, {"setflag", name, std::to_string(value)}, limits);
  if (!done) return tl::unexpected(done.error());
  const auto now = flag(instance, name, limits);
  if (!now) return tl::unexpected(now.error());
  if (*now == value) return {};
  return fail(Errc::unverified, fmt::format("the JVM keeps {} at {} instead of {}", name, *now, value));
}

Result<Bytes> Jvm::wait_for_heap(const Instance& instance, Bytes limit, const CallLimits& limits) const {
  for (;;) {
    const auto now = heap(instance, limits);
    if (!now || now->committed <= limit) return now ? Result<Bytes>{now->committed} : tl::unexpected(now.error());
    limits.clock.sleep_for(poll_interval);
    if (limits.expired()) return now->committed;
  }
}

Status Jvm::collect(const Instance& instance, const CallLimits& limits) const {
  auto least = heap(instance, limits);
  if (!least) return tl::unexpected(least.error());
  if (auto begun = set(instance, periodic, collecting_ms, limits); !begun) return begun;
  const auto until = std::min(limits.deadline, limits.clock.now() + collection_limit);
  for (auto moved = limits.clock.now(); limits.clock.now() < until && limits.clock.now() - moved < quiet_time;) {
    limits.clock.sleep_for(poll_interval);
    const auto now = heap(instance, limits);
    if (!now) return tl::unexpected(now.error());
    if (now->committed >= least->committed) continue;
    least = now;
    moved = limits.clock.now();
  }
  return {};
}

Result<ChangeOutcome> Jvm::apply(const Instance& instance, const Change& change, const CallLimits& limits) {
  if (auto good = check(change); !good) return tl::unexpected(good.error());
  const auto before = flag(instance, change.setting, limits);
  if (!before) return tl::unexpected(before.error());
  const bool collects = change.setting == periodic && change.to > *before;
  const auto margin = std::min<Duration>(2s, std::max(Duration{}, (limits.deadline - limits.clock.now()) / 2));
  const CallLimits waiting{limits.clock, limits.deadline - margin, limits.stop};
  if (collects) static_cast<void>(collect(instance, waiting));
  // The value must come into force even when the collection had no effect, was called off or its time is over.
  const CallLimits closing{limits.clock, std::max(limits.deadline, limits.clock.now() + 2s), {}};
  if (auto done = set(instance, change.setting, change.to, collects ? closing : limits); !done)
    return tl::unexpected(done.error());
  ChangeOutcome outcome{.change = change, .achieved = change.to};
  if (change.setting != soft_limit || change.to >= *before) return outcome;

  const auto all = flags(instance, limits);
  if (!all) return tl::unexpected(all.error());
  const auto seconds = usage_of(settings_of({.flags = *all, .heap = {}, .process = {}}), usage_uncommit_seconds);
  const auto patience = std::chrono::seconds{std::clamp<std::int64_t>(seconds, 0, 3600)} + collection_limit;
  const CallLimits shrinking{limits.clock, std::min(waiting.deadline, limits.clock.now() + patience), limits.stop};
  const auto held = wait_for_heap(instance, as_bytes(change.to), shrinking);
  if (!held) return tl::unexpected(held.error());
  outcome.achieved = std::max(change.to, as_signed(*held));
  // Below what lives in it the JVM would collect without an end.
  const auto now = outcome.complete() ? Result<Heap>{Heap{}} : heap(instance, limits);
  if (now && now->used > as_bytes(change.to))
    if (auto safe = set(instance, soft_limit, outcome.achieved, limits); !safe) return tl::unexpected(safe.error());
  return outcome;
}

}  // namespace dynascale::jvm
