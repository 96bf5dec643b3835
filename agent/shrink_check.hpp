#pragma once
/// Pure questions of the guest's side of a shrink.

#include <optional>
#include <string>
#include <vector>

#include "agent/retuner.hpp"

namespace dynascale::agent {

struct MemoryHolder {
  std::string application;  ///< With the largest floor.
  std::string reason;
  Bytes floor;  ///< The least memory with which the guest could do.
};

/// Kept free in the guest after a shrink: 5 % of it, at least 64 MiB, at most 512 MiB. Below min_free_kbytes'
/// watermarks the kernel stalls allocations (Documentation/admin-guide/sysctl/vm.rst).
[[nodiscard]] Bytes reserve_of(Bytes memory);

/// The applications' floors together against `target`; absent when they fit.
[[nodiscard]] std::optional<MemoryHolder> memory_holder(const std::vector<Application>& applications, Bytes target);

struct GiveVerdict {
  bool enough = false;
  Bytes floor;  ///< How small the guest could be with what is available now.
  std::string reason;
};

/// Whether `take` can be taken of a guest of `size` that has `available` left.
[[nodiscard]] GiveVerdict can_give(Bytes available, Bytes take, Bytes size);

/// How long the guest may take to answer a host that waits for `deadline`: an answer that comes when the host has
/// stopped waiting is none. A fifth, 10 s at most, is left for putting everything back and for the way to the host.
[[nodiscard]] Duration answer_time(Duration deadline);

/// Tells when waiting for memory to become free is hopeless: no progress of `least_progress` within `patience`.
class FreeWatch {
 public:
  static constexpr Bytes least_progress = Bytes::mib(4);
  FreeWatch(Duration patience, Instant now) : patience_{patience}, since_{now} {}
  [[nodiscard]] bool hopeless(Bytes available, Instant now);

 private:
  Duration patience_;
  Instant since_;
  Bytes most_;
};

}  // namespace dynascale::agent
