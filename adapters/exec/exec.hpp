#pragma once
/// Any application that has commands to tell and to change its size: `kind = "exec"` in agent.toml. Commands are
/// argument lists, run without a shell, as the application's user, bounded in time and output.

#include "adapters/adapter.hpp"
#include "adapters/custom.hpp"
#include "runtime/command.hpp"
#include "runtime/files.hpp"

namespace dynascale::exec {

class Exec final : public Adapter {
 public:
  Exec(const Files& files, const CustomApplications& applications)
      : files_{files}, applications_{of_kind(applications, config::CustomKind::exec)} {}

  [[nodiscard]] AdapterInfo info() const override;
  [[nodiscard]] Capabilities capabilities() const override;
  [[nodiscard]] std::vector<Instance> detect(std::span<const ProcessInfo> processes) const override {
    return detect_custom("exec", applications_, processes);
  }
  Result<Settings> read(const Instance& instance, const CallLimits& limits) override;
  [[nodiscard]] std::optional<Duration> metrics_every(const Instance& instance) const override;
  Result<Figures> metrics(const Instance& instance, const CallLimits& limits) override;
  [[nodiscard]] ApplicationPlan plan(const Settings& settings, const Resources& resources) const override {
    return plan_custom(settings, resources);
  }
  /// Runs `grow` or `shrink`, then `verify` until it prints the wanted number or the time is over: what it printed last
  /// is what was achieved.
  Result<ChangeOutcome> apply(const Instance& instance, const Change& change, const CallLimits& limits) override;
  Result<ChangeOutcome> revert(const Instance& instance, const Change& change, const CallLimits& limits) override;

 private:
  [[nodiscard]] Result<std::string> run(const config::ApplicationSettings& settings,
                                        const std::vector<std::string>& command, const Instance& instance,
                                        std::int64_t value, const CallLimits& limits) const;
  [[nodiscard]] Result<std::int64_t> verify(const config::ApplicationSettings& settings, const Instance& instance,
                                            std::int64_t value, const CallLimits& limits) const;

  const Files& files_;
  CustomApplications applications_;
};

}  // namespace dynascale::exec
