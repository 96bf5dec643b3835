#pragma once
/// Java on HotSpot: what it lets be changed while it runs follows, by its own attach mechanism; the rest is told with
/// the options of a better start. The heap's bound is soft, so a shrink counts when the heap itself became smaller.

#include "adapters/adapter.hpp"
#include "adapters/jvm/plan.hpp"
#include "runtime/files.hpp"

namespace dynascale::jvm {

class Jvm final : public Adapter {
 public:
  explicit Jvm(const Files& files) : files_{files} {}

  [[nodiscard]] AdapterInfo info() const override;
  [[nodiscard]] Capabilities capabilities() const override;
  [[nodiscard]] std::vector<Instance> detect(std::span<const ProcessInfo> processes) const override;
  Result<Settings> read(const Instance& instance, const CallLimits& limits) override;
  [[nodiscard]] ApplicationPlan plan(const Settings& settings, const Resources& resources) const override {
    return plan_heap(settings, resources);
  }
  /// Of a smaller soft limit, `achieved` is the heap that the JVM still holds when that is above it.
  Result<ChangeOutcome> apply(const Instance& instance, const Change& change, const CallLimits& limits) override;
  Result<ChangeOutcome> revert(const Instance& instance, const Change& change, const CallLimits& limits) override {
    return apply(instance, change.reversed(), limits);
  }

 private:
  [[nodiscard]] Result<Flags> flags(const Instance& instance, const CallLimits& limits) const;
  /// One flag's value: `flags` makes newer JVMs work for a tenth of a second.
  [[nodiscard]] Result<std::int64_t> flag(const Instance& instance, std::string_view name,
                                          const CallLimits& limits) const;
  [[nodiscard]] Result<Heap> heap(const Instance& instance, const CallLimits& limits) const;
  /// Sets a flag and reads it back. Errors: `unverified`, and those of ask.
  Status set(const Instance& instance, std::string_view name, std::int64_t value, const CallLimits& limits) const;
  /// Waits until the heap is no larger than `limit`; the heap as it is then.
  [[nodiscard]] Result<Bytes> wait_for_heap(const Instance& instance, Bytes limit, const CallLimits& limits) const;
  /// Has G1 collect until its heap becomes no smaller any more.
  Status collect(const Instance& instance, const CallLimits& limits) const;

  const Files& files_;
};

/// What tells one JVM from others: its jar or main class. Pure.
[[nodiscard]] std::string program_of(const std::vector<std::string>& argv);

}  // namespace dynascale::jvm
