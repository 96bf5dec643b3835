#pragma once
/// One guest under hostd's care: gathers what is known of it, decides, and carries out the resize machine's
/// commands one at a time. It knows no other guest, and nothing of it blocks: libvirt's calls run on the pool.
/// One loop thread.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <optional>
#include <string>

#include "core/plan/keeping.hpp"
#include "core/plan/parking.hpp"
#include "core/plan/resize_machine.hpp"
#include "core/policy/decide.hpp"
#include "core/policy/forecast_room.hpp"
#include "core/policy/forecast_rule.hpp"
#include "core/policy/provisioning.hpp"
#include "hostd/guest_calls.hpp"
#include "hostd/guest_channel.hpp"
#include "hostd/guest_view.hpp"
#include "hostd/host_share.hpp"
#include "hostd/hypervisor.hpp"
#include "hostd/record.hpp"
#include "hostd/stand_in.hpp"
#include "runtime/clock.hpp"
#include "runtime/log.hpp"

namespace dynascale::hostd {

/// What the operator allows for this guest.
struct GuestSettings {
  policy::PolicyConfig policy;
  Limits limits;
  plan::ResizeConfig resize;
  unsigned shares = 100;
};

/// How long a guest that has an agent's channel is left alone until its agent speaks; after it, libvirt's figures must
/// do. A Debian guest under software emulation takes about 40 s to its agent.
inline constexpr std::chrono::seconds agent_grace{120};

/// How long need must last before a shrink under way is given up for it: three of the agent's reports.
inline constexpr std::chrono::seconds regret_patience{3};

class Guest {
 public:
  struct Services {
    Hypervisor& hypervisor;
    GuestCalls& calls;
    const Clock& clock;
    Log& log;
    HostShare* host = nullptr;  ///< None: nothing but its own limits bounds the guest.
    std::function<void(const ResizeRecord&)> on_resize = {};      ///< Told of each that ended, unplugs too,
    std::function<void(const DecisionRecord&)> on_decision = {};  ///< and of each decision unlike the one before.
    policy::ForecastRoom* forecast_room = nullptr;  ///< None: this guest may keep forecasts in any case.
  };

  Guest(boost::asio::any_io_executor executor, GuestDescription description, GuestSettings settings,
        Services services, std::uint64_t first_message_id);

  /// Serves the guest until cancelled.
  boost::asio::awaitable<void> run();

  // What the daemon feeds in.
  void take_statistics(const GuestStats& stats);
  void take_description(GuestDescription description);
  void take_settings(GuestSettings settings);
  void attach(GuestChannel* channel) { channel_ = channel; }
  void agent_arrived(const wire::Hello& hello);
  void agent_left();
  void handle(const wire::Message& message);
  void restarted(const std::string& how);
  void gone(const std::string& how);
  /// Whether its policy forecasts and there is room for that; takes the room, or gives it back.
  [[nodiscard]] bool may_forecast();
  /// What is known of its past; without it forecasts begin anew, and tell why.
  void take_recalled(Result<policy::ForecastRule> recalled);

  /// By whether its agent spoke lately, or its balloon's driver did.
  [[nodiscard]] GuestCalls::Lane lane() const;

  /// Operator's hold: no new resize starts while it is set.
  void pause(bool on) { paused_ = on; }
  [[nodiscard]] bool paused() const { return paused_; }

  // For status and explain.
  [[nodiscard]] const GuestDescription& description() const { return description_; }
  [[nodiscard]] const GuestSettings& settings() const { return settings_; }
  [[nodiscard]] const std::optional<StatsSeen>& statistics() const { return stats_; }
  [[nodiscard]] const std::optional<ReportSeen>& report() const { return report_; }
  [[nodiscard]] const std::optional<wire::Hello>& agent() const { return agent_; }
  [[nodiscard]] const Record& record() const { return record_; }
  [[nodiscard]] const policy::GuestState& state() const { return state_; }
  [[nodiscard]] const plan::ResizeMachine& machine() const { return machine_; }
  [[nodiscard]] plan::Facts facts() const;
  /// Empty, or what is to be said of qemu-guest-agent in the place of our agent.
  [[nodiscard]] std::string stand_in_text() const;
  [[nodiscard]] Sample sample() const;
  [[nodiscard]] Limits effective_limits() const;
  [[nodiscard]] const policy::Provisioning& provisioning() const { return provisioning_; }

  // For the host's arbiter.
  [[nodiscard]] const policy::Decision& own_decision() const { return own_decision_; }
  [[nodiscard]] bool starting() const { return agent_expected(); }
  [[nodiscard]] std::optional<Size> resizing_from() const;
  [[nodiscard]] std::optional<Size> resizing_to() const;
  [[nodiscard]] std::optional<VcpuTimes> vcpu_times() const { return vcpu_times_of(stats_before_, stats_); }

 private:
  void evaluate();
  [[nodiscard]] std::optional<policy::Opinion> forecast(const Limits& limits, Instant now);
  void look_at_schedule();
  void end_regretted_shrink(Instant now);
  void rest(Instant now);
  void unplug_parked(Instant now);
  void feed(const plan::Event& event);
  void take_finished(const plan::Finished& finished);
  void take_resized(const plan::Finished& finished, Instant began, Instant now);
  void take_urgent(const wire::Urgent& urgent);
  void take_consent(const wire::Ready& ready);
  [[nodiscard]] std::optional<Bytes> applications_floor() const;
  [[nodiscard]] bool agent_expected() const;
  void tell_size();
  [[nodiscard]] bool shrinking() const;
  [[nodiscard]] bool settles(Instant now) const;
  boost::asio::awaitable<Status> carry_out(plan::Command command);
  boost::asio::awaitable<Status> read_truth();
  [[nodiscard]] bool may_stand_in() const;
  boost::asio::awaitable<void> write_held_size();
  boost::asio::awaitable<Status> ask_stand_in(std::optional<VcpuCount> online);
  boost::asio::awaitable<void> wait_for_work();
  [[nodiscard]] Moment moment() const;
  void wake();

  GuestDescription description_;  ///< Its size is what libvirt last told in whatever way,
  Instant read_;                  ///< and when that was.
  GuestSettings settings_;
  std::vector<std::string> open_windows_;  ///< Of the schedule,
  std::optional<std::chrono::sys_time<std::chrono::minutes>> schedule_seen_;  ///< in this minute.
  Services services_;
  plan::ResizeMachine machine_;
  plan::Parking parking_;
  plan::Keeping keeping_;
  std::optional<Size> to_keep_;  ///< To be written into the configuration now.
  policy::GuestState state_;
  policy::ForecastRoom::Seat forecast_seat_;
  policy::ForecastRule forecast_;
  policy::Provisioning provisioning_;
  policy::Decision own_decision_;  ///< Of its own policy, before the host had its say.
  Record record_;
  GuestChannel* channel_ = nullptr;
  std::optional<wire::Hello> agent_;
  std::optional<Instant> agent_left_;
  StandIn stand_in_;
  std::optional<ReportSeen> report_;
  std::optional<StatsSeen> stats_;
  std::optional<StatsSeen> stats_before_;
  std::optional<Instant> heard_;  ///< By whatever it said last.
  std::optional<Moment> signalled_;
  std::optional<Instant> regretted_since_;
  bool gives_ = false;  ///< The last resize is for the sake of others.
  std::deque<plan::Command> commands_;
  boost::asio::steady_timer wake_;
  Instant began_;  ///< When this life of the guest was first seen.
  bool paused_ = false;
};

}  // namespace dynascale::hostd
