#include "agent/registry.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/sizing.hpp"

namespace dynascale::agent {
namespace {

using namespace std::chrono_literals;
constexpr auto wait_slice = 50ms;  // How late an expired deadline is noticed.
constexpr auto answer_limit = 30s;  // A silent application holds a thread of the pool no longer.
constexpr auto usage_floor = "memory_floor_bytes";

tl::unexpected<Error> gone(const std::string& id) {
  return fail(Errc::not_found, fmt::format("{} is not connected any more", id));
}

}  // namespace

Result<std::string> Registry::add(const RegisterCall& call, std::int32_t pid, std::uint32_t uid, Send send) {
  const std::scoped_lock guard{lock_};
  if (entries_.size() >= max_registered) return fail(Errc::limit_exceeded, "too many applications are registered");
  auto id = "registered:" + call.name;
  if (entries_.contains(id))
    return fail(Errc::refused, fmt::format("an application named '{}' is registered already", call.name));
  entries_.emplace(id, Entry{call, pid, uid, std::move(send), 0, {}});
  return id;
}

void Registry::remove(const std::string& id) {
  const std::scoped_lock guard{lock_};
  entries_.erase(id);
  changed_.notify_all();
}

void Registry::answer(const std::string& id, const AnswerCall& call) {
  const std::scoped_lock guard{lock_};
  const auto entry = entries_.find(id);
  if (entry == entries_.end()) return;
  if (entry->second.offered != call.id || call.id == 0) return;
  entry->second.answered = call;
  changed_.notify_all();
}

std::vector<Instance> Registry::instances() const {
  const std::scoped_lock guard{lock_};
  std::vector<Instance> all;
  for (const auto& [id, entry] : entries_) {
    Instance instance;
    instance.adapter = "registered";
    instance.id = id;
    instance.main_pid = entry.pid;
    instance.uid = entry.uid;
    all.push_back(std::move(instance));
  }
  return all;
}

Result<Settings> Registry::settings(const std::string& id) const {
  const std::scoped_lock guard{lock_};
  const auto entry = entries_.find(id);
  if (entry == entries_.end()) return gone(id);
  Settings settings;
  const auto& call = entry->second.call;
  if (call.vcpus)
    settings.values.push_back({"vcpus", *call.vcpus, SettingUnit::count, TakesEffect::live, "application"});
  if (call.memory_bytes)
    settings.values.push_back(
        {"memory_bytes", *call.memory_bytes, SettingUnit::bytes, TakesEffect::live, "application"});
  else
    settings.memory_max = call.memory_floor;
  settings.usage[usage_floor] = as_signed(call.memory_floor);
  return settings;
}

Result<std::int64_t> Registry::offer(const std::string& id, const std::string& setting, std::int64_t value,
                                     const CallLimits& limits) {
  std::unique_lock guard{lock_};
  auto entry = entries_.find(id);
  if (entry == entries_.end()) return gone(id);
  const auto number = entry->second.offered = ++last_offer_;
  entry->second.answered.reset();
  const BudgetOffer offer{number, setting, value, std::max(Duration{}, limits.deadline - limits.clock.now())};
  entry->second.send(budget_line(offer));
  for (;;) {
    entry = entries_.find(id);
    if (entry == entries_.end() || entry->second.offered != number) return gone(id);
    if (const auto answer = entry->second.answered) {
      entry->second.offered = 0;
      if (!answer->applied)
        return fail(Errc::refused, fmt::format("{} refuses: {}", id, answer->reason));
      auto& call = entry->second.call;
      (setting == "vcpus" ? call.vcpus : call.memory_bytes) = answer->value;
      return answer->value;
    }
    if (limits.expired()) {
      entry->second.offered = 0;
      return fail(limits.stop.stop_requested() ? Errc::cancelled : Errc::timeout,
                  fmt::format("{} did not answer in time", id));
    }
    changed_.wait_for(guard, wait_slice);
  }
}

AdapterInfo RegisteredAdapter::info() const {
  return {.name = "registered",
          .title = "Applications that register themselves",
          .maturity = Maturity::alpha,
          .rights = "none: the application changes itself"};
}

Capabilities RegisteredAdapter::capabilities() const {
  return {.live_cpu = true, .live_memory = true, .reversible = true, .reports_need = true};
}

std::vector<Instance> RegisteredAdapter::detect(std::span<const ProcessInfo> processes) const {
  auto all = registry_->instances();
  for (auto& instance : all) {
    const auto process = std::ranges::find(processes, instance.main_pid, &ProcessInfo::pid);
    if (process == processes.end()) continue;
    instance.start_ticks = process->start_ticks;
    instance.gid = process->gid;
    instance.processes = {*process};
  }
  return all;
}

Result<Settings> RegisteredAdapter::read(const Instance& instance, const CallLimits& /*limits*/) {
  return registry_->settings(instance.id);
}

ApplicationPlan RegisteredAdapter::plan(const Settings& settings, const Resources& resources) const {
  ApplicationPlan plan;
  const auto floor = settings.usage.find(usage_floor);
  plan.memory_floor = floor == settings.usage.end() ? Bytes{} : as_bytes(floor->second);
  for (const auto& setting : settings.values) {
    const bool memory = setting.unit == SettingUnit::bytes;
    const auto to = memory ? as_signed(std::max(resources.memory, plan.memory_floor))
                           : std::max<std::int64_t>(1, resources.vcpus.value);
    if (worth_changing(setting.value, to, memory))
      plan.now.push_back({setting.name, setting.value, to, setting.unit, setting.takes_effect});
  }
  return plan;
}

Result<ChangeOutcome> RegisteredAdapter::apply(const Instance& instance, const Change& change,
                                               const CallLimits& limits) {
  if ((change.setting != "vcpus" && change.setting != "memory_bytes") || change.to < 1)
    return fail(Errc::invalid_argument, fmt::format("'{}' is nothing that an application is told", change.setting));
  const CallLimits bounded{limits.clock, std::min(limits.deadline, limits.clock.now() + answer_limit), limits.stop};
  const auto achieved = registry_->offer(instance.id, change.setting, change.to, bounded);
  if (!achieved) return tl::unexpected(achieved.error());
  return ChangeOutcome{change, *achieved};
}

Result<ChangeOutcome> RegisteredAdapter::revert(const Instance& instance, const Change& change,
                                                const CallLimits& limits) {
  auto back = change;
  std::swap(back.from, back.to);
  return apply(instance, back, limits);
}

}  // namespace dynascale::agent
