#pragma once
/// What decisions remember of one guest. A plain value of fixed size: it can be copied, compared, recorded
/// and replayed. Lost with the process and built up again; nothing in it is needed for safety.

#include <optional>
#include <string>

#include "core/model/limits.hpp"
#include "core/policy/decision.hpp"
#include "core/policy/policy_config.hpp"
#include "core/policy/sliding_window.hpp"

namespace dynascale::policy {

/// A size below which a resource is not shrunk for a while, learned from a refusal or from a shrink that
/// hurt.
struct Floor {
  double at_least = 0;  ///< vCPUs or bytes.
  Instant learned;
  Duration hold{};    ///< In force from `learned` for this long.
  std::string cause;  ///< "refused by postgresql:15/main: …"
  bool refused = false;  ///< The guest said no. Else its own policy had shrunk it too far, which binds that alone.
  bool operator==(const Floor&) const = default;
};

/// Memory of one resource.
struct ResourceState {
  std::optional<Instant> changed;  ///< End of the last resize that changed it.
  std::optional<Instant> shrunk;   ///< End of the last one that made it smaller,
  double shrunk_from = 0;          ///< and the size before that.
  std::optional<Floor> floor;
  std::optional<Instant> failed;  ///< End of the last resize that did not work,
  Duration backoff{};             ///< and for how long no new one is tried.
  SlidingWindow usage;            ///< Busy vCPUs or used bytes, over the threshold rule's period.
  SlidingWindow wishes;           ///< What the rules wanted, over the stabilisation window.
  bool operator==(const ResourceState&) const = default;
};

struct UrgentWish {
  Instant at;
  std::optional<VcpuCount> vcpus;  ///< Zero: more, without a figure. Absent: not about vCPUs.
  std::optional<Bytes> memory;
  std::string reason;
  bool operator==(const UrgentWish&) const = default;
};

/// `vcpus_only`: qemu-guest-agent stands in, which parks vCPUs and knows nothing of memory or consent.
enum class Agent { absent, vcpus_only, present };
enum class Activity { idle, resizing };

struct GuestState {
  Size current;                        ///< Read back by the shell before each decision.
  Agent agent = Agent::absent;         ///< Whether it reports now.
  Activity activity = Activity::idle;  ///< Whether a resize is under way.
  std::optional<Bytes>
      applications_floor;  ///< Sum of what the guest's applications report; believed up to `current`.
  std::optional<UrgentWish> urgent;
  ResourceState vcpus;
  ResourceState memory;

  [[nodiscard]] ResourceState& of(Resource resource) { return resource == Resource::vcpus ? vcpus : memory; }
  [[nodiscard]] const ResourceState& of(Resource resource) const {
    return resource == Resource::vcpus ? vcpus : memory;
  }
  bool operator==(const GuestState&) const = default;
};

/// How a resize ended, as far as later decisions care. Made from plan::Finished by the shell.
struct ResizeResult {
  Instant began;  ///< How long it lasted is no quiet time for a floor or a back-off.
  Size before;
  Size after;  ///< As read back.
  Size target;
  enum class Ending { settled, refused, failed } ending = Ending::settled;
  std::optional<VcpuCount> vcpus_floor;  ///< With `refused`, from the guest.
  std::optional<Bytes> memory_floor;
  std::string cause;  ///< "refused by postgresql:15/main: …"
};

/// Remembers a resize's end: cooldowns, floors, back-off. A floor is clamped to the size that the guest had:
/// a guest may refuse, never ask for more this way.
void note_result(GuestState& state, const ResizeResult& result, const GuardConfig& guard, Instant now);

/// Remembers that the last shrink of a resource hurt: the size before it becomes its floor for a while.
void note_regression(ResourceState& state, const GuardConfig& guard, Instant now);

/// The resize just noted gave to others what the guest's own policy would have kept: wanting it back is no sign of
/// a misjudgement.
void note_given(GuestState& state);

/// Remembers that the guest asked to grow now. A wish without figure counts as one step.
void note_urgent(GuestState& state, UrgentWish wish);

/// Forgets what belongs to the guest's former life: it rebooted or came by migration.
void note_restarted(GuestState& state);

}  // namespace dynascale::policy
