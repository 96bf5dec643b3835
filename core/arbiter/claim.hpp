#pragma once
/// What the arbiter knows of one guest, and what it answers. Filled by the shell once a period, from facts and the
/// decision of the guest's own policy.

#include <optional>
#include <string>
#include <vector>

#include "core/arbiter/ledger.hpp"
#include "core/policy/policy_config.hpp"

namespace dynascale::arbiter {

/// How much a guest would miss what is taken from it; absent is unknown and counts as much.
struct Attachment {
  std::optional<Bytes> memory_free;  ///< Holds nothing at all: MemFree. The rest of what is available is warm cache.
  std::optional<Ratio> memory_stall;  ///< Memory PSI some avg10.
  std::optional<double> refaults_per_s;
  std::optional<Ratio> cpu_stall;  ///< CPU PSI some avg10.
  bool regains_fast = false;       ///< Memory in virtio-mem comes back ten times as fast as from the balloon.
};

struct Claim {
  std::string guest;  ///< Its UUID. Tells guests apart and orders nothing.
  Holding holding;
  Amounts min;
  Amounts max;
  Amounts floor;  ///< Below this the guest's own guard takes nothing: in use, refused, no consent possible.
  Amounts need;   ///< In use, with a margin; all it has where its use is not known.
  Amounts want;   ///< What its policy wants it to have; what it has when that says hold.
  unsigned shares = 100;
  policy::GuestClass guest_class = policy::GuestClass::stateless;
  /// False: it is left as it is (off, advise, paused, stale, migrating); what it has counts, nothing moves.
  bool movable = true;
  std::optional<std::string> at_ceiling;  ///< Its policy wants more than its maximum, in words.
  Attachment attachment;
};

/// A guest's wish to change, at any moment.
struct Wish {
  std::string guest;
  Amounts from;
  Amounts to;
  bool urgent = false;
};

/// What the guest may go to now, and why not further. Shrinking is never held up.
struct Answer {
  Amounts allowed;
  std::vector<policy::Reason> reasons;
};

/// To give back to others: go down to these amounts, by the guest's consent. Absent: nothing of that resource.
struct Order {
  std::optional<Amount> vcpus;
  std::optional<Amount> memory;
  policy::Reason reason;

  [[nodiscard]] const std::optional<Amount>& of(Resource resource) const {
    return resource == Resource::vcpus ? vcpus : memory;
  }
  [[nodiscard]] std::optional<Amount>& of(Resource resource) {
    return resource == Resource::vcpus ? vcpus : memory;
  }
};

/// How a resize ended, as far as the host cares.
enum class Outcome {
  settled,
  refused,
  failed,  ///< Or given up on the way: the guest may still be going back to where it was.
};

}  // namespace dynascale::arbiter
