#pragma once
/// HAProxy: the global maxconn follows the memory through the admin socket, within what was reserved at the
/// start. Connections above a smaller limit stay; new ones wait in the kernel's queue until others have
/// ended.

#include "adapters/adapter.hpp"
#include "adapters/haproxy/plan.hpp"
#include "runtime/files.hpp"

namespace dynascale::haproxy {

class Haproxy final : public Adapter {
 public:
  Haproxy(const Files& files, Options options) : files_{files}, options_{std::move(options)} {}

  [[nodiscard]] AdapterInfo info() const override;
  [[nodiscard]] Capabilities capabilities() const override;
  [[nodiscard]] std::vector<Instance> detect(std::span<const ProcessInfo> processes) const override;
  Result<Settings> read(const Instance& instance, const CallLimits& limits) override;
  [[nodiscard]] ApplicationPlan plan(const Settings& settings, const Resources& resources) const override {
    return plan_connections(settings, resources, options_);
  }
  Result<ChangeOutcome> apply(const Instance& instance, const Change& change,
                              const CallLimits& limits) override;
  Result<ChangeOutcome> revert(const Instance& instance, const Change& change,
                               const CallLimits& limits) override;

 private:
  /// One command; HAProxy closes the connection after its answer.
  [[nodiscard]] Result<std::string> ask(const Instance& instance, std::string_view command,
                                        const CallLimits& limits) const;
  /// `show info` of this instance. Errors: those of `ask`, `refused` when another process answers.
  [[nodiscard]] Result<Info> show_info(const Instance& instance, const CallLimits& limits) const;

  const Files& files_;
  Options options_;
};

}  // namespace dynascale::haproxy
