#pragma once
/// One guest's resize, from decision to verified effect, as a state machine. Pure: the shell feeds it events
/// with the newest facts and the time, and carries out the commands that it answers. One machine a guest; any
/// thread, one at a time; copyable.
///
/// Growing:   plug vCPUs and give memory at once; announce each to the agent as soon as the hypervisor shows
/// it;
///            wait until the guest has it online.                                       idle → growing →
///            verifying
/// Shrinking: ask the guest; when it is ready take memory in steps and check each.     idle → asking → taking
/// →
///            A refusal changes nothing; a deadline, an abort or suffering gives back.  verifying |
///            giving_back
/// A request that grows one resource and shrinks the other grows first.
///
/// Shell's duties
///  - call `step` with `Tick` at `next_deadline()`, and after every new fact (report, statistics, libvirt
///  event);
///  - run commands of one guest in order, one at a time; answer each with `CommandEnded`, `ReadTruth` after
///  the facts
///    were read anew. A timeout of libvirt's is `Errc::timeout`: the machine takes it as unknown and reads
///    again;
///  - send `Start` only while `busy()` is false, with a decision made from the same facts;
///  - feed every `Finished` to the policy's state (`policy::note_finished`).

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/model/limits.hpp"
#include "core/model/result.hpp"
#include "core/plan/facts.hpp"
#include "core/wire/messages.hpp"

namespace dynascale::plan {

struct ResizeConfig {
  Duration plug_deadline = std::chrono::seconds{15};    ///< Until the hypervisor shows what was requested.
  Duration online_deadline = std::chrono::seconds{20};  ///< Until the guest has plugged vCPUs online.
  Duration ask_deadline = std::chrono::seconds{30};     ///< Until the guest says ready or refuses.
  Duration retune_deadline =
      std::chrono::seconds{60};  ///< Until applications are taken as silent; blocks nothing.
  Duration give_back_deadline = std::chrono::seconds{30};
  Duration stuck_window =
      std::chrono::seconds{10};           ///< Memory that moves less than `stuck_progress` within this
  Bytes stuck_progress = Bytes::mib(16);  ///< is stuck: one byte a second is no progress.
  Bytes grow_step =
      Bytes::gib(1);  ///< Of virtio-mem: a block's page table needs 1/64 of it in the memory there is.
  Bytes shrink_step = Bytes::mib(512);
  Bytes tolerance = Bytes::mib(4);      ///< By which the balloon may miss its target.
  Bytes take_reserve = Bytes::mib(64);  ///< Left available in the guest after memory was taken.
};

// --- What happens to the machine
// -------------------------------------------------------------------------------

struct ResizeRequest {
  Size target;
  Limits limits;       ///< Floor and ceiling that the guest is told.
  std::string reason;  ///< For the guest and the record.
};
struct Start {
  ResizeRequest request;
};
struct Tick {};
struct Received {
  wire::Message message;
};
struct CommandEnded {
  std::uint64_t command = 0;
  Status status;
};
/// The load came back, an operator paused, migration begins: stop and give back what was taken.
struct Abort {
  std::string reason;
};
/// The guest shut down, rebooted or was migrated away: nothing of this resize holds any more.
struct GuestGone {
  std::string reason;
};
using Event = std::variant<Start, Tick, Received, CommandEnded, Abort, GuestGone>;

// --- What the machine wants
// ------------------------------------------------------------------------------------

struct PlugVcpus {
  VcpuCount count;  ///< In all.
};
struct SetBalloon {
  Bytes target;
};
struct SetVirtioMem {
  std::string alias;
  Bytes requested;
};
/// Read the hypervisor's truth about this guest now (describe and statistics).
struct ReadTruth {};
struct SendMessage {
  wire::Message message;
};
using Action = std::variant<PlugVcpus, SetBalloon, SetVirtioMem, ReadTruth, SendMessage>;

struct Command {
  std::uint64_t id = 0;  ///< Answered by `CommandEnded`; never reused within a machine.
  Action action;
};

/// The chain whose broken link an operator wants to know.
enum class Link { requested, hypervisor, guest_ready, guest_online, application };
enum class LinkState { begun, reached, failed, unknown };

/// One entry of a resize's record.
struct Step {
  Instant at;
  Link link = Link::requested;
  LinkState state = LinkState::begun;
  std::string text;  ///< For people: "3 vCPUs are plugged", "gunicorn:/app.sock: workers 3 → 7, verified".
};

enum class Ending {
  complete,    ///< The guest has the target and uses it.
  partial,     ///< A part was reached and stays; `reached` says which.
  refused,     ///< The guest said no; nothing has changed. The floors say how far it would go.
  given_back,  ///< Stopped on the way; the guest has its former size again.
  failed,      ///< Hypervisor or guest could not; `broken` names the link.
  unknown,     ///< No answer in time and the truth is not readable; read it again before the next decision.
  gone,        ///< The guest is no more.
};

struct Finished {
  Ending ending = Ending::complete;
  Size from;
  Size target;
  Size reached;  ///< As the facts show it.
  std::optional<Link> broken;
  std::string reason;
  std::string holder;                    ///< With `refused`: who holds the floor.
  std::optional<VcpuCount> vcpus_floor;  ///< With `refused`; never above the size that the guest had.
  std::optional<Bytes> memory_floor;
};

/// The answer to one event. Steps and commands are in order.
struct Turn {
  std::vector<Command> commands;
  std::vector<Step> steps;
  std::optional<Finished> finished;  ///< At most once for each `Start`.
};

enum class State { idle, growing, asking, taking, giving_back, verifying };
[[nodiscard]] std::string_view to_string(State state);
[[nodiscard]] std::string_view to_string(Ending ending);
[[nodiscard]] std::string_view to_string(Link link);
[[nodiscard]] std::string_view to_string(LinkState state);

class ResizeMachine {
 public:
  /// Ids of messages count up by two from `first_id`; start it anew, and even, in each process (a random
  /// number keeps late answers to a former process from matching).
  explicit ResizeMachine(ResizeConfig config, std::uint64_t first_id = 2);

  [[nodiscard]] Turn step(const Event& event, const Facts& facts, Instant now);

  [[nodiscard]] State state() const { return state_; }
  /// A resize is under way: no new decision may be started. False while only applications are still retuning.
  [[nodiscard]] bool busy() const { return state_ != State::idle && state_ != State::verifying; }
  /// When to call with `Tick` at the latest.
  [[nodiscard]] std::optional<Instant> next_deadline() const;
  /// What is being done, for `status`: "asking the guest for 2 vCPUs, 1 GiB".
  [[nodiscard]] std::string describe() const;

 private:
  State state_ = State::idle;
  ResizeConfig config_;
  std::uint64_t next_message_id_;
};

}  // namespace dynascale::plan
