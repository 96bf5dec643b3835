#pragma once
/// An adapter in a program of its own, in any language: an executable in a folder that only root can write. It is run
/// anew for every call, bounded in time and in what it may say, so nothing of it can hang or grow in the agent.

#include <memory>
#include <string>
#include <vector>

#include "adapters/adapter.hpp"
#include "agent/external_protocol.hpp"
#include "runtime/files.hpp"

namespace dynascale::agent {

inline constexpr std::size_t max_external_adapters = 32;

class ExternalAdapter final : public Adapter {
 public:
  ExternalAdapter(const Files& files, std::string program, std::string name, ExternalInfo info)
      : files_{files}, program_{std::move(program)}, name_{std::move(name)}, info_{std::move(info)} {}

  [[nodiscard]] AdapterInfo info() const override;
  [[nodiscard]] Capabilities capabilities() const override;
  [[nodiscard]] std::vector<Instance> detect(std::span<const ProcessInfo> processes) const override;
  Result<Settings> read(const Instance& instance, const CallLimits& limits) override;
  [[nodiscard]] std::optional<Duration> metrics_every(const Instance& /*instance*/) const override {
    return info_.metrics ? std::optional{info_.metrics_every} : std::nullopt;
  }
  Result<Figures> metrics(const Instance& instance, const CallLimits& limits) override;
  [[nodiscard]] ApplicationPlan plan(const Settings& settings, const Resources& resources) const override {
    return plan_external(settings, resources);
  }
  Result<ChangeOutcome> apply(const Instance& instance, const Change& change, const CallLimits& limits) override;
  Result<ChangeOutcome> revert(const Instance& instance, const Change& change, const CallLimits& limits) override;

 private:
  [[nodiscard]] Result<std::string> call(const Instance& instance, const std::string& line,
                                         const CallLimits& limits) const;
  const Files& files_;
  std::string program_;
  std::string name_;
  ExternalInfo info_;
};

/// Whether `path` and every folder above it belong to root (or to this process's user, for tests and containers) and
/// can be written by nobody else. Errors: `not_found`, `permission_denied` with the part that is open.
[[nodiscard]] Status check_trusted(const std::string& path);

struct ExternalAdapters {
  std::vector<std::unique_ptr<Adapter>> adapters;
  std::vector<Error> refused;  ///< Programs that are there and are not used, with the reason.
};
/// Asks every executable of `folder` what it is. A missing folder holds none. Blocks for some seconds at most.
[[nodiscard]] ExternalAdapters load_external_adapters(const Files& files, const std::string& folder,
                                                      const Clock& clock);

}  // namespace dynascale::agent
