#include "adapters/jvm/plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/sizing.hpp"

namespace dynascale::jvm {
namespace {

constexpr double heap_share = 0.95;  // The rest is for what grows with the heap: marks, remembered sets, stacks.
constexpr Bytes least_heap = Bytes::mib(16);
constexpr Bytes least_beside = Bytes::mib(64);
constexpr Bytes assumed_beside = Bytes::mib(192);

/// G1's ratios of free heap, in percent, and its pause before an idle collection.
struct Habit {
  std::int64_t least_free;
  std::int64_t most_free;
  std::int64_t periodic_ms;
};
constexpr Habit roomy{.least_free = 40, .most_free = 70, .periodic_ms = 0};  // The JVM's own defaults.
constexpr Habit tight{.least_free = 10, .most_free = 25, .periodic_ms = 10'000};

Bytes bytes_of(const Settings& settings, const char* key) { return as_bytes(usage_of(settings, key)); }

Collector collector_of(const Settings& settings) {
  return static_cast<Collector>(std::clamp<std::int64_t>(usage_of(settings, usage_collector), 0, 5));
}

bool has_soft_limit(Collector collector) { return collector == Collector::z || collector == Collector::shenandoah; }

/// Memory that carries `heap`: the other way round than heap_for.
Bytes memory_for(Bytes heap, Bytes beside) {
  return saturating_add(heap.scaled(1 / heap_share), beside).ceil_to(Bytes::mib(2));
}

void add_live(Settings& settings, const Flags& flags, const char* name, SettingUnit unit) {
  const auto value = number_of(flags, name);
  if (!value || !is_manageable(flags, name) || flags.find(name)->second.by_operator) return;
  settings.values.push_back({.name = name, .value = *value, .unit = unit, .source = "running JVM"});
}

void add_fixed(Settings& settings, const Flags& flags, const char* name, SettingUnit unit) {
  const auto value = number_of(flags, name);
  if (!value || *value <= 0) return;
  settings.values.push_back({.name = name,
                             .value = *value,
                             .unit = unit,
                             .takes_effect = TakesEffect::restart,
                             .source = flags.find(name)->second.by_operator ? "command line" : "start"});
}

/// Seconds until ZGC or Shenandoah give unused memory back.
std::int64_t uncommit_seconds(const Flags& flags, Collector collector) {
  const bool z = collector == Collector::z;
  const auto* const on = z ? "ZUncommit" : "ShenandoahUncommit";
  if (flags.contains(on) && !is_on(flags, on)) return -1;
  const auto delay = number_of(flags, z ? "ZUncommitDelay" : "ShenandoahUncommitDelay").value_or(z ? 300 : 300'000);
  return std::clamp<std::int64_t>(z ? delay : delay / 1000, 0, INT32_MAX);
}

void propose(std::vector<Change>& changes, const Settings& settings, const char* name, std::int64_t to) {
  const auto* const setting = settings.find(name);
  if (setting == nullptr || !worth_changing(setting->value, to, setting->unit == SettingUnit::bytes)) return;
  changes.push_back({name, setting->value, to, setting->unit, setting->takes_effect});
}

void plan_ratios(ApplicationPlan& plan, const Settings& settings, bool fits) {
  const auto& wanted = fits ? roomy : tight;
  const auto least = [&] { propose(plan.now, settings, least_free, wanted.least_free); };
  const auto most = [&] { propose(plan.now, settings, most_free, wanted.most_free); };
  // The least may never be above the most, and the collection that makes it effective comes last.
  if (fits) {
    most();
    least();
  } else {
    least();
    most();
  }
  propose(plan.now, settings, periodic, wanted.periodic_ms);
}

void plan_restart(ApplicationPlan& plan, const Settings& settings, const Resources& resources) {
  const auto most = bytes_of(settings, usage_heap_most);
  const auto later = heap_for(resources.memory_ceiling, bytes_of(settings, usage_beside)).floor_to(Bytes::mib(64));
  if (later > most) propose(plan.pending_restart, settings, "MaxHeapSize", as_signed(later));
  const auto* const threads = settings.find("ParallelGCThreads");
  const auto collector = collector_of(settings);
  if (threads != nullptr && (collector == Collector::g1 || collector == Collector::parallel))
    propose(plan.pending_restart, settings, threads->name.c_str(),
            std::max(threads->value, threads_for(resources.vcpus)));
  propose(plan.pending_restart, settings, "ActiveProcessorCount", std::max<std::int64_t>(1, resources.vcpus.value));
}

void note_what_does_not_follow(ApplicationPlan& plan, const Settings& settings, const Resources& resources) {
  const auto collector = collector_of(settings);
  const auto most = bytes_of(settings, usage_heap_most);
  const auto carried = heap_for(resources.memory, bytes_of(settings, usage_beside));
  if (usage_of(settings, usage_heap_least) >= usage_of(settings, usage_heap_most))
    plan.notes.emplace_back("-Xms is as large as -Xmx: the heap never becomes smaller");
  else if (!has_soft_limit(collector) && most > carried)
    plan.notes.push_back(fmt::format("{} has no limit below -Xmx: the heap may grow to {}, its part carries {}",
                                     to_string(collector), most, carried));
  const auto seconds = usage_of(settings, usage_uncommit_seconds);
  if (has_soft_limit(collector) && seconds < 0) plan.notes.emplace_back("it never gives unused memory back");
  if (has_soft_limit(collector) && seconds > 60)
    plan.notes.push_back(fmt::format("it gives unused memory back after {} seconds only", seconds));
  if (const auto options = suggested_options(settings, resources); !options.empty())
    plan.notes.push_back("its next start would follow better with " + options);
}

}  // namespace

Bytes heap_for(Bytes memory, Bytes beside) {
  return std::max(least_heap, saturating_sub(memory, beside).scaled(heap_share).floor_to(Bytes::mib(1)));
}

std::int64_t threads_for(VcpuCount vcpus) {
  const std::int64_t count = std::max<std::int64_t>(1, vcpus.value);
  return count <= 8 ? count : 8 + (count - 8) * 5 / 8;
}

Settings settings_of(const Vm& vm) {
  Settings settings;
  const auto& flags = vm.flags;
  const auto collector = jvm::collector_of(flags);
  const auto most = as_bytes(number_of(flags, "MaxHeapSize").value_or(0));
  // JDK 8 tells -Xms by the initial size alone.
  const auto initial = number_of(flags, "InitialHeapSize").value_or(0);
  const auto least = as_bytes(number_of(flags, "MinHeapSize").value_or(initial));
  settings.usage[usage_collector] = static_cast<std::int64_t>(collector);
  settings.usage[usage_heap_most] = as_signed(most);
  settings.usage[usage_heap_least] = as_signed(std::min(least, most));
  settings.usage[usage_has_z] = flags.contains("UseZGC") && flags.contains(soft_limit) ? 1 : 0;
  if (has_soft_limit(collector)) settings.usage[usage_uncommit_seconds] = uncommit_seconds(flags, collector);
  auto beside = assumed_beside;
  if (vm.heap) {
    settings.usage[usage_committed] = as_signed(vm.heap->committed);
    settings.usage[usage_used] = as_signed(vm.heap->used);
    if (vm.process) beside = std::max(least_beside, saturating_sub(*vm.process, vm.heap->committed));
  }
  if (!vm.heap || !vm.process)
    settings.notes.emplace_back("its memory beside the heap is not known: 192 MiB are assumed");
  settings.usage[usage_beside] = as_signed(beside);
  if (least < most && has_soft_limit(collector)) add_live(settings, flags, soft_limit, SettingUnit::bytes);
  if (least < most && collector == Collector::g1 && is_manageable(flags, periodic)) {
    add_live(settings, flags, least_free, SettingUnit::count);
    add_live(settings, flags, most_free, SettingUnit::count);
    add_live(settings, flags, periodic, SettingUnit::milliseconds);
  }
  add_fixed(settings, flags, "MaxHeapSize", SettingUnit::bytes);
  add_fixed(settings, flags, "ParallelGCThreads", SettingUnit::count);
  add_fixed(settings, flags, "ActiveProcessorCount", SettingUnit::count);
  return settings;
}

std::string suggested_options(const Settings& settings, const Resources& resources) {
  const auto collector = collector_of(settings);
  const bool soft = has_soft_limit(collector);
  const bool can_be_soft = soft || usage_of(settings, usage_has_z) != 0;
  const auto most = bytes_of(settings, usage_heap_most);
  const auto later = heap_for(resources.memory_ceiling, bytes_of(settings, usage_beside)).floor_to(Bytes::mib(64));
  const bool stiff = usage_of(settings, usage_heap_least) >= usage_of(settings, usage_heap_most);
  const bool unbounded = !soft && most > heap_for(resources.memory, bytes_of(settings, usage_beside));
  std::string options;
  const auto add = [&](const std::string& option) { options += (options.empty() ? "" : " ") + option; };
  if (unbounded && can_be_soft) add("-XX:+UseZGC");
  else if (collector == Collector::serial || collector == Collector::parallel) add("-XX:+UseG1GC");
  if (stiff) add("-Xms64m");
  if (later > most || unbounded)
    add(can_be_soft ? fmt::format("-Xmx{}m", std::max(later, most).floor_mib()) : "-XX:MaxRAMPercentage=70");
  const auto seconds = usage_of(settings, usage_uncommit_seconds);
  if (collector == Collector::z && seconds < 0) add("-XX:+ZUncommit");
  if ((unbounded && can_be_soft) || (collector == Collector::z && seconds > 60)) add("-XX:ZUncommitDelay=10");
  if (settings.find("ActiveProcessorCount") != nullptr) add("(without -XX:ActiveProcessorCount)");
  return options;
}

ApplicationPlan plan_heap(const Settings& settings, const Resources& resources) {
  ApplicationPlan plan;
  const auto most = bytes_of(settings, usage_heap_most);
  if (settings.values.empty() || most == Bytes{}) return plan;
  const auto beside = bytes_of(settings, usage_beside);
  const auto least = std::max(bytes_of(settings, usage_heap_least), std::min(least_heap, most));
  plan.memory_floor = saturating_add(least, beside);
  plan.memory_most = memory_for(most, beside);
  plan.memory_use = std::clamp(memory_for(bytes_of(settings, usage_used), beside), plan.memory_floor,
                               std::max(plan.memory_floor, *plan.memory_most));
  const auto carried = heap_for(resources.memory, beside);
  const auto wanted = std::clamp(carried, std::min(least, most), most);
  propose(plan.now, settings, soft_limit, as_signed(wanted));
  if (collector_of(settings) == Collector::g1) plan_ratios(plan, settings, carried >= most);
  plan_restart(plan, settings, resources);
  note_what_does_not_follow(plan, settings, resources);
  return plan;
}

}  // namespace dynascale::jvm
