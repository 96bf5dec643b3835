#pragma once
/// An application that exists in memory only: one setting, "workers", that follows the vCPUs, with faults to order.

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "adapters/adapter.hpp"

namespace dynascale::fakes {

/// Adapters are called on the pool while a test looks on.
struct FakeApplication {
  std::mutex lock;
  std::atomic<std::int64_t> workers = 1;
  Bytes memory_floor = Bytes::mib(10);
  std::atomic<bool> running = true;
  std::atomic<bool> refuses_changes = false;
  std::atomic<bool> reaches_half = false;  ///< A change gets only half of the way.
  std::atomic<bool> hangs_until_deadline = false;
  std::atomic<int> changes = 0;
  std::atomic<int> reads = 0;
};

class FakeAdapter : public Adapter {
 public:
  explicit FakeAdapter(FakeApplication& application) : application_{application} {}
  [[nodiscard]] AdapterInfo info() const override { return {"fake", "Fake", Maturity::wip, "none"}; }
  [[nodiscard]] Capabilities capabilities() const override { return {.live_cpu = true}; }

  [[nodiscard]] std::vector<Instance> detect(std::span<const ProcessInfo> /*processes*/) const override {
    const std::scoped_lock guard{application_.lock};
    if (!application_.running) return {};
    Instance instance;
    instance.adapter = "fake";
    instance.id = "fake:1";
    return {instance};
  }

  Result<Settings> read(const Instance& /*instance*/, const CallLimits& /*limits*/) override {
    const std::scoped_lock guard{application_.lock};
    ++application_.reads;
    Settings settings;
    settings.values.push_back({"workers", application_.workers, SettingUnit::count, TakesEffect::live, "fake"});
    return settings;
  }

  [[nodiscard]] ApplicationPlan plan(const Settings& settings, const Resources& resources) const override {
    ApplicationPlan plan;
    plan.memory_floor = application_.memory_floor;
    const auto have = settings.find("workers")->value;
    const std::int64_t want = resources.vcpus.value;
    if (have != want) plan.now.push_back({"workers", have, want, SettingUnit::count, TakesEffect::live});
    return plan;
  }

  Result<ChangeOutcome> apply(const Instance& /*instance*/, const Change& change, const CallLimits& limits) override {
    while (application_.hangs_until_deadline && !limits.expired()) limits.clock.sleep_for(std::chrono::milliseconds{5});
    const std::scoped_lock guard{application_.lock};
    if (application_.hangs_until_deadline) return fail(Errc::timeout, "the fake hangs");
    if (application_.refuses_changes) return fail(Errc::refused, "the fake refuses");
    ++application_.changes;
    application_.workers = application_.reaches_half ? (change.from + change.to) / 2 : change.to;
    return ChangeOutcome{change, application_.workers};
  }

  Result<ChangeOutcome> revert(const Instance& /*instance*/, const Change& change, const CallLimits& /*l*/) override {
    const std::scoped_lock guard{application_.lock};
    application_.workers = change.from;
    return ChangeOutcome{change, application_.workers};
  }

 private:
  FakeApplication& application_;
};

}  // namespace dynascale::fakes
