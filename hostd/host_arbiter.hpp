#pragma once
/// The host's arbiter with a clock and a log: answers guests at any moment, takes up all claims once a period, and
/// hands scale-out events on. One loop thread.

#include <functional>
#include <vector>

#include "core/arbiter/arbiter.hpp"
#include "hostd/host_share.hpp"
#include "runtime/clock.hpp"
#include "runtime/log.hpp"

namespace dynascale::hostd {

class HostArbiter final : public HostShare {
 public:
  /// Told of each event that is raised or cleared.
  using EventHandler = std::function<void(const arbiter::ScaleOutEvent&)>;

  HostArbiter(const arbiter::ArbiterConfig& config, const Clock& clock, Log& log, EventHandler on_event);

  void set_host(const HostInfo& info);
  /// Once a period. `load` absent: nothing is known of the host's own figures.
  void turn(std::vector<arbiter::Claim> claims, const std::optional<arbiter::HostLoad>& load);

  [[nodiscard]] policy::Decision arbitrate(const GuestId& guest, const policy::Decision& decision, const Size& current,
                                           const Limits& limits) override;
  void begun(const GuestId& guest, const Size& from, const Size& to) override;
  void ended(const GuestId& guest, const plan::Finished& finished) override;

  [[nodiscard]] const arbiter::Arbiter& arbiter() const { return arbiter_; }
  [[nodiscard]] const std::optional<arbiter::HostLoad>& load() const { return load_; }

 private:
  void log_changes();

  arbiter::Arbiter arbiter_;
  std::optional<arbiter::HostLoad> load_;
  const Clock& clock_;
  Log& log_;
  EventHandler on_event_;
  arbiter::HostState logged_;
};

}  // namespace dynascale::hostd
