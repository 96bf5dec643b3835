#pragma once
/// Any application whose main process adds and removes worker processes by signals: `kind = "signal"` in agent.toml. A
/// signal is sent only if the process handles it, one at a time, each followed by counting: signals coalesce.

#include "adapters/adapter.hpp"
#include "adapters/custom.hpp"
#include "runtime/files.hpp"
#include "runtime/process_handle.hpp"

namespace dynascale::signal {

class Signal final : public Adapter {
 public:
  Signal(const Files& files, const CustomApplications& applications)
      : files_{files}, applications_{of_kind(applications, config::CustomKind::signal)} {}

  [[nodiscard]] AdapterInfo info() const override;
  [[nodiscard]] Capabilities capabilities() const override;
  [[nodiscard]] std::vector<Instance> detect(std::span<const ProcessInfo> processes) const override {
    return detect_custom("signal", applications_, processes);
  }
  [[nodiscard]] std::string fingerprint(const Instance& instance) const override;
  /// The number of workers: child processes of the main process.
  Result<Settings> read(const Instance& instance, const CallLimits& limits) override;
  [[nodiscard]] ApplicationPlan plan(const Settings& settings, const Resources& resources) const override {
    return plan_custom(settings, resources);
  }
  /// `achieved` is less than asked for when a worker did not come or go within the configured time.
  Result<ChangeOutcome> apply(const Instance& instance, const Change& change, const CallLimits& limits) override;
  Result<ChangeOutcome> revert(const Instance& instance, const Change& change, const CallLimits& limits) override;

 private:
  [[nodiscard]] Result<std::int64_t> count(const Instance& instance) const;
  /// One worker more or less. Returns the number after it.
  Result<std::int64_t> step(const Instance& instance, const ProcessHandle& main,
                            const config::ApplicationSettings& settings, std::int64_t now, std::int64_t wanted,
                            const CallLimits& limits) const;

  const Files& files_;
  CustomApplications applications_;
};

}  // namespace dynascale::signal
