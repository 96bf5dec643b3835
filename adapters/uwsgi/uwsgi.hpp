#pragma once
/// uWSGI with `cheaper-algo = manual`: the number of workers follows by orders to the master FIFO, up to the
/// `processes` of the start, counted by the statistics server. Signals are never sent: uWSGI's master handles
/// neither TTIN nor TTOU, and an unhandled one stops it.

#include <functional>

#include "adapters/adapter.hpp"
#include "adapters/uwsgi/fifo.hpp"
#include "adapters/uwsgi/plan.hpp"
#include "runtime/files.hpp"

namespace dynascale::uwsgi {

class Uwsgi final : public Adapter {
 public:
  Uwsgi(const Files& files, Options options) : files_{files}, options_{std::move(options)} {}

  [[nodiscard]] AdapterInfo info() const override;
  [[nodiscard]] Capabilities capabilities() const override;
  [[nodiscard]] std::vector<Instance> detect(std::span<const ProcessInfo> processes) const override;
  [[nodiscard]] std::string fingerprint(const Instance& instance) const override;
  Result<Settings> read(const Instance& instance, const CallLimits& limits) override;
  [[nodiscard]] ApplicationPlan plan(const Settings& settings, const Resources& resources) const override {
    return plan_workers(settings, resources, options_);
  }
  Result<ChangeOutcome> apply(const Instance& instance, const Change& change,
                              const CallLimits& limits) override;
  Result<ChangeOutcome> revert(const Instance& instance, const Change& change,
                               const CallLimits& limits) override;

 private:
  struct Server {
    Configuration configuration;
    Statistics statistics;
  };
  /// Errors: `unsupported` when there is no statistics server, and those of speaking to it.
  [[nodiscard]] Result<Statistics> statistics_of(const Instance& instance, const Configuration& configuration,
                                                 const CallLimits& limits) const;
  [[nodiscard]] Result<Server> ask(const Instance& instance, const CallLimits& limits) const;
  using Count = std::function<Result<int>()>;
  /// Both return the number of workers at the end.
  [[nodiscard]] static Result<int> grow(const Count& count, Fifo& fifo, int wanted, const CallLimits& limits);
  [[nodiscard]] static Result<int> shrink(const Count& count, Fifo& fifo, int wanted,
                                          const CallLimits& limits);
  /// What the statistics say once they agree with `count`, or after a while.
  [[nodiscard]] Result<ChangeOutcome> confirmed(const Instance& instance, const Change& change, int count,
                                                const CallLimits& limits) const;

  const Files& files_;
  Options options_;
};

}  // namespace dynascale::uwsgi
