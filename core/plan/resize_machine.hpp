#pragma once
/// One guest's resize, from decision to verified effect, as a state machine. Pure: the shell feeds it events
/// with the newest facts and the time, and carries out the commands that it answers. One machine a guest; any
/// thread, one at a time; copyable.
///
/// Where no agent is but a stand-in that knows vCPUs only, that one brings them online and parks them: no consent to
/// memory comes of it.
/// Growing (idle, growing, verifying): plug vCPUs and give memory at once, announce each to the agent as soon
/// as it is there, wait until the guest has it online.
/// Shrinking (idle, asking, taking, verifying): ask the guest; when it is ready take memory in steps and
/// check each. A refusal changes nothing. A deadline, an abort or an urgent guest leads to giving_back. A
/// request that grows one resource and shrinks the other grows first.
/// Unplugging (idle, unplugging): takes vCPUs away that have long been parked; the guest's size does not change.
///
/// The shell
///  - calls `step` with `Tick` at `next_deadline()` and after every new fact (report, statistics, event);
///  - runs the commands of one guest in order, one at a time, and answers each but `SendMessage` with
///    `CommandEnded`; `ReadTruth` ends after the facts were renewed. A timeout of libvirt's is
///    `Errc::timeout`: the machine takes it as unknown and reads again;
///  - takes vCPUs and available memory of a `Ready` into `Facts::agent` before it passes the message on: they
///    are newer than the last report;
///  - sends `Abort` when a new `Hello` comes in the middle of a resize, for that agent knows nothing of it,
///    and when `policy::regret` says that a shrink under way should not be;
///  - sends `Start` only while `busy()` is false, with a decision made from the same facts;
///  - feeds every `Finished` to the policy's state (`policy::note_result`).

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/model/limits.hpp"
#include "core/model/result.hpp"
#include "core/plan/facts.hpp"
#include "core/plan/memory_layout.hpp"
#include "core/wire/messages.hpp"

namespace dynascale::plan {

struct ResizeConfig {
  Duration plug_deadline = std::chrono::seconds{15};    ///< Until the hypervisor shows what was requested.
  Duration online_deadline = std::chrono::seconds{20};  ///< Until the guest has plugged vCPUs online.
  Duration ask_deadline = std::chrono::seconds{30};     ///< Until the guest says ready or refuses.
  Duration retune_deadline =
      std::chrono::seconds{60};  ///< Until applications are taken as silent; blocks nothing.
  Duration give_back_deadline = std::chrono::seconds{30};
  Duration unplug_after = std::chrono::hours{1};  ///< Of parking, where unplug completes; zero: never.
  Duration persist_after = Duration::zero();  ///< Of a size, until the next start is to have it; zero: never.
  Duration unplug_deadline = std::chrono::seconds{15};  ///< libvirt itself waits 5 s, then says timeout.
  Duration stuck_window =
      std::chrono::seconds{10};  ///< Memory that moves less than `stuck_progress` within this
  Duration poll_interval =
      std::chrono::milliseconds{250};     ///< Of the truth, while something is expected to move.
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
/// Take parked vCPUs away: `count` stay plugged. See plan/parking.hpp for when.
struct Unplug {
  VcpuCount count;
  std::string reason;
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
using Event = std::variant<Start, Unplug, Tick, Received, CommandEnded, Abort, GuestGone>;

// --- What the machine wants
// ------------------------------------------------------------------------------------

struct PlugVcpus {
  VcpuCount count;  ///< In all.
};
struct UnplugVcpus {
  VcpuCount count;  ///< That stay.
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
/// Have the stand-in for the agent keep `count` vCPUs online. Ends after its answer was taken into the facts.
struct SetOnline {
  VcpuCount count;
};
using Action = std::variant<PlugVcpus, UnplugVcpus, SetBalloon, SetVirtioMem, SetOnline, ReadTruth, SendMessage>;

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

enum class Operation { resize, unplug };

struct Finished {
  Operation operation = Operation::resize;
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

enum class State { idle, growing, asking, taking, giving_back, unplugging, verifying };
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
  /// One event being worked on.
  struct Context {
    const Facts& facts;
    Instant now;
    Turn turn;
  };
  enum class Goal { none, pending, reached, failed };
  /// Memory on its way: requested in steps, watched for progress.
  struct MemoryMove {
    Goal goal = Goal::none;
    MemoryLayout target;
    MemoryLayout requested;
    std::string bound;  ///< Rules that made the last step smaller, as they were told.
    Bytes seen;         ///< Amount at `moved`,
    Instant moved;  ///< when it last made real progress.
  };

  void on(const Start& start, Context& c);
  void on(const Unplug& unplug, Context& c);
  void on(const Tick& tick, Context& c);
  void on(const Received& received, Context& c);
  void on(const CommandEnded& ended, Context& c);
  void on(const Abort& abort, Context& c);
  void on(const GuestGone& gone, Context& c);
  void on_ready(const wire::Ready& ready, Context& c);
  void on_refuse(const wire::Refuse& refuse, Context& c);
  void on_retuned(const wire::Retuned& retuned, Context& c);
  void on_stand_in_failed(const Error& error, Context& c);
  void on_command_failed(const Action& action, const Error& error, Context& c);

  void begin_growing(Context& c);
  void advance_growing(Context& c);
  void advance_vcpus_up(Context& c);
  void announce(Context& c);
  void end_growing(Context& c);

  void begin_shrinking(Context& c);
  void advance_asking(Context& c);
  void begin_taking(Context& c);
  void advance_taking(Context& c);
  void begin_giving_back(Ending ending, std::string reason, Context& c);
  void advance_giving_back(Context& c);
  void advance_unplugging(Context& c);
  void on_unplug_ended(const Status& status, Context& c);

  void move_memory(Bytes target, Context& c);
  void advance_memory(Context& c);
  void request_memory(Context& c);
  [[nodiscard]] StepSizes bearable_steps(Context& c);
  void freeze_memory(Context& c);
  [[nodiscard]] bool moves_memory() const { return memory_.goal == Goal::pending; }

  void advance(Context& c);
  void poll(Context& c);
  [[nodiscard]] bool expects_truth(const Context& c) const;
  [[nodiscard]] std::optional<VcpuCount> wanted_of_stand_in(const Facts& facts) const;
  void fail_memory(LinkState link_state, std::string reason, Context& c);
  void send_done(Context& c);
  void command(Action action, Context& c);
  void send_intent(Size size, Duration deadline, Context& c);
  void say(Link link, LinkState link_state, std::string text, Context& c);
  void begin(Context& c);
  void finish(Ending ending, std::string reason, Context& c);

  ResizeConfig config_;
  std::uint64_t next_message_id_;
  std::uint64_t next_command_id_ = 1;
  State state_ = State::idle;
  Operation operation_ = Operation::resize;

  ResizeRequest request_;
  Size origin_;                     ///< When the resize began.
  Size from_;                       ///< When the present phase began; what is given back.
  Bytes memory_floor_;  ///< To which a guest that had too little available could have gone.
  Size goal_;                       ///< Of the present phase.
  Size announced_;                  ///< Told to the agent.
  std::uint64_t first_intent_ = 0;  ///< Of this resize; zero before the first.
  std::uint64_t last_intent_ = 0;
  std::optional<Instant> deadline_;  ///< Of the present phase.
  std::optional<Instant> next_poll_;
  std::vector<Command> pending_;  ///< Sent to the shell, not ended.
  Goal vcpus_ = Goal::none;
  bool plug_accepted_ = false;
  MemoryMove memory_;
  Ending ending_ = Ending::complete;  ///< With `giving_back`: how it will end.
  std::string ending_reason_;
  std::optional<Link> broken_;
  Instant gave_back_at_;
  Instant requested_at_;  ///< Facts that are older say nothing about what was requested last.
};

}  // namespace dynascale::plan
