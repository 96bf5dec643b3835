#pragma once
/// What a guest's controller needs of the host that it shares with others. hostd/host_arbiter is the real one.

#include "core/model/limits.hpp"
#include "core/plan/resize_machine.hpp"
#include "core/policy/decision.hpp"
#include "hostd/hypervisor.hpp"

namespace dynascale::hostd {

class HostShare {
 public:
  HostShare() = default;
  HostShare(const HostShare&) = delete;
  HostShare& operator=(const HostShare&) = delete;
  virtual ~HostShare() = default;

  /// The decision as far as the host allows it now, with its reasons; what it grows by is set aside for the guest.
  /// It may also ask for less than the guest's own policy does.
  [[nodiscard]] virtual policy::Decision arbitrate(const GuestId& guest, const policy::Decision& decision,
                                                   const Size& current, const Limits& limits) = 0;
  /// A resize begins, and how it ended.
  virtual void begun(const GuestId& guest, const Size& from, const Size& to) = 0;
  virtual void ended(const GuestId& guest, const plan::Finished& finished) = 0;
};

}  // namespace dynascale::hostd
