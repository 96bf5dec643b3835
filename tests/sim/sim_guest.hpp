#pragma once
/// A guest, its agent and its hypervisor in simulated time, and the loop of hostd around them: the real
/// `decide` and the real `ResizeMachine`, everything else imitated. Deterministic for a seed.

#include <functional>
#include <map>
#include <random>

#include "core/arbiter/arbiter.hpp"
#include "core/arbiter/guest_side.hpp"
#include "core/plan/resize_machine.hpp"
#include "core/policy/decide.hpp"
#include "core/policy/forecast_rule.hpp"

namespace dynascale::sim {

enum class Nature {
  ideal,    ///< Does what it is asked, at once.
  slow,     ///< The same, after seconds.
  limited,  ///< Refuses to shrink below a floor of its own.
  stuck,    ///< After a while nothing moves and its agent is silent.
  blind,    ///< No agent at all.
  lying,    ///< Says that it needs all it has, says ready and gives nothing, says parked and runs on.
};

/// What the applications want at a time since the start.
struct Demand {
  double vcpus = 0;
  Bytes memory;
};
using Load = std::function<Demand(Duration since_start)>;

struct Setup {
  Nature nature = Nature::ideal;
  policy::PolicyConfig policy;
  Limits limits;
  Size size;   ///< At the start.
  Size floor;  ///< Of a limited guest.
  bool virtio_mem = false;
  Duration stuck_after{};
  Load load;
  std::string name;  ///< On a host of many.
  unsigned shares = 100;
  arbiter::Arbiter* host = nullptr;  ///< Asked before growing; none: the guest has the host to itself.
};

struct Tally {
  int resizes = 0;
  std::map<plan::Ending, int> endings;
  Duration longest_busy{};
  double starved_seconds = 0;  ///< In which the demand was above what the guest had and below its maximum.
  double vcpu_seconds = 0;     ///< Had,
  double wanted_vcpu_seconds = 0;
  double lacking_vcpu_seconds = 0;  ///< and wanted beyond that.
  std::vector<std::string> broken;  ///< Promises that did not hold; empty when all is well.
  std::optional<Instant> last_change;
};

class SimGuest {
 public:
  SimGuest(Setup setup, std::uint64_t seed);

  /// Lives for so long.
  void run(Duration span);

  [[nodiscard]] const Tally& tally() const { return tally_; }
  [[nodiscard]] Size size() const { return {online_, memory()}; }
  [[nodiscard]] Instant now() const { return now_; }
  [[nodiscard]] const policy::GuestState& state() const { return state_; }
  [[nodiscard]] const Setup& setup() const { return setup_; }
  [[nodiscard]] Demand demand() const { return setup_.load(now_ - start_); }
  /// What it is to the arbiter now.
  [[nodiscard]] arbiter::Claim claim() const;
  [[nodiscard]] arbiter::Amounts used() const { return arbiter::Amounts::of(size()); }

 private:
  struct Part {
    Bytes have;
    Bytes target;
  };

  [[nodiscard]] Bytes memory() const;
  [[nodiscard]] bool is_stuck() const;
  [[nodiscard]] bool has_agent() const { return setup_.nature != Nature::blind && !is_stuck(); }
  [[nodiscard]] Duration latency();
  void after(Duration delay, std::function<void()> what);

  // The hypervisor.
  void move_memory(Duration passed);
  void read_hypervisor();
  void carry_out(const plan::Command& command);

  // The agent.
  void report();
  void receive(const wire::Message& message);
  void answer_intent(const wire::ResizeIntent& intent);
  void answer_ready(std::uint64_t id);

  // hostd.
  void host_tick();
  void feed(const plan::Event& event);
  void take_finished(const plan::Finished& finished);
  [[nodiscard]] arbiter::KnownGuest known() const;
  [[nodiscard]] policy::Decision at_host(policy::Decision decision);
  void begin(const policy::Decision& decision);
  [[nodiscard]] Sample sample() const;
  [[nodiscard]] Sample lie() const;
  void watch(Duration passed);

  Setup setup_;
  std::mt19937_64 random_;
  Instant start_;
  Instant now_;
  std::multimap<Instant, std::function<void()>> events_;

  VcpuCount plugged_;
  VcpuCount online_;
  Part boot_;
  Part device_;
  std::uint64_t last_intent_ = 0;
  bool runs_on_ = false;  ///< A liar's parked vCPUs.

  plan::Facts facts_;
  Sample last_sample_;
  plan::ResizeMachine machine_;
  policy::GuestState state_;
  policy::ForecastRule forecast_;
  policy::Decision decision_;  ///< Its own policy's last.
  std::optional<arbiter::Holding::Flight> flight_;
  bool gives_ = false;  ///< Its resize under way is for others.
  std::optional<Instant> busy_since_;
  Tally tally_;
};

}  // namespace dynascale::sim
