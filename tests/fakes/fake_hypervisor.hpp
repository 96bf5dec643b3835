#pragma once
/// A hypervisor in memory for tests. It passes tests/contract/hypervisor_contract.hpp, as libvirt does, and
/// can be told to misbehave: verbs that fail, block or time out, guests that follow a request at once,
/// slowly, only down to a limit, or never.
///
/// Threading: like the real one, from any thread. Time comes from the clock given; nothing moves by itself
/// except the CPU time of busy guests: `step()` moves slow guests on.

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "hostd/hypervisor.hpp"
#include "runtime/clock.hpp"

namespace dynascale::fakes {

enum class Verb {
  host,
  statistics,
  describe,
  enable_statistics,
  plug_vcpus,
  unplug_vcpus,
  set_balloon,
  set_virtio_mem,
  set_policy,
  guest_vcpus,
  set_guest_vcpus,
  keep_size
};

/// How a guest follows a memory request. `limited` stops at `memory_limit`; `stuck` never moves.
enum class Follows { at_once, slowly, limited, stuck };

/// What a hard unplug does: it happens; it reports `timeout` and happens at the next step, or never; or is
/// refused.
enum class Unplug { completes, times_out_then_completes, times_out_for_ever, unsupported };

/// What qemu-guest-agent does: as it is told; nothing, but says that it did; or it does not answer.
enum class GuestAgent { obeys, ignores, hangs };

struct FakeGuest {
  hostd::GuestDescription
      description;  ///< Also the present truth: plugged vCPUs, current memory, virtio-mem sizes.
  hostd::GuestState state = hostd::GuestState::running;
  Follows follows = Follows::at_once;
  Bytes memory_step = Bytes::mib(64);  ///< Moved per `step()` by a slow guest.
  Bytes memory_limit;                  ///< A limited guest never goes below it.
  Unplug unplug = Unplug::completes;
  std::optional<Size> kept;              ///< What was written into its configuration last.
  GuestAgent agent = GuestAgent::obeys;  ///< Where the description has one.
  VcpuCount online{1};                   ///< As qemu-guest-agent shows it; new vCPUs stay offline.
  double busy_vcpus = 0;        ///< CPU time used per second of the clock.
  std::optional<Bytes> usable;  ///< MemAvailable, shown only after `enable_statistics`.
};

/// A running guest that allows everything: `plugged` of `maximum` vCPUs, a balloon, one virtio-mem device of
/// `memory` size with 2 MiB blocks, an agent channel and KVM.
[[nodiscard]] FakeGuest capable_guest(const std::string& name, VcpuCount plugged, VcpuCount maximum,
                                      Bytes memory);

struct FakeCall {
  Verb verb;
  std::string guest;         ///< UUID; empty for `host` and `statistics`.
  std::uint64_t amount = 0;  ///< vCPUs, bytes or seconds asked for.
  bool operator==(const FakeCall&) const = default;
};

class FakeHypervisor final : public hostd::Hypervisor {
 public:
  explicit FakeHypervisor(const Clock& clock) : clock_{clock} {}

  void add(FakeGuest guest);
  /// The guest is gone: every verb on it says `not_found`. Emits `stopped`.
  void remove(const hostd::GuestId& guest);
  /// Emits `rebooted`; virtio-mem is unplugged, as a reset does.
  void reboot(const hostd::GuestId& guest);
  /// Changes a guest behind hostd's back. Emits `changed` when the guest exists.
  void change(const hostd::GuestId& guest, const std::function<void(FakeGuest&)>& edit);
  [[nodiscard]] FakeGuest guest(const hostd::GuestId& guest) const;
  void on_event(hostd::GuestEventHandler handler);

  /// The next `times` calls of `verb` fail with `error` and change nothing.
  void fail_next(Verb verb, Error error, unsigned times);
  /// Runs before each call, without any lock held: block in it to play a hung libvirt.
  void before_call(std::function<void(const FakeCall&)> hook);
  /// Moves slow guests one step and completes unplugs that timed out.
  void step();
  [[nodiscard]] std::vector<FakeCall> calls() const;
  [[nodiscard]] std::size_t count(Verb verb) const;

  [[nodiscard]] Result<hostd::HostInfo> host() override;
  [[nodiscard]] Result<std::vector<hostd::GuestStats>> statistics() override;
  [[nodiscard]] Result<hostd::GuestDescription> describe(const hostd::GuestId& guest) override;
  Status enable_statistics(const hostd::GuestId& guest, std::chrono::seconds period) override;
  Status plug_vcpus(const hostd::GuestId& guest, VcpuCount count) override;
  Status unplug_vcpus(const hostd::GuestId& guest, VcpuCount count) override;
  Status set_balloon(const hostd::GuestId& guest, Bytes target) override;
  Status set_virtio_mem(const hostd::GuestId& guest, const std::string& alias, Bytes requested) override;
  [[nodiscard]] Result<hostd::GuestVcpus> guest_vcpus(const hostd::GuestId& guest) override;
  [[nodiscard]] Result<hostd::GuestVcpus> set_guest_vcpus(const hostd::GuestId& guest, VcpuCount count) override;
  Status keep_size(const hostd::GuestId& guest, const Size& size) override;
  Status set_policy(const hostd::GuestId& guest, const std::string& xml) override;

  /// What `host` answers.
  hostd::HostInfo host_info{.cpus = 8, .memory = Bytes::gib(32), .uri = "fake:///", .version = "fake 1"};

 private:
  struct State {
    FakeGuest guest;
    Bytes balloon_target;
    std::optional<VcpuCount> late_unplug;
    bool statistics_on = false;
    double used_ns = 0;
    Instant counted_at;
  };
  /// Notes the call, runs the hook and answers with a programmed failure.
  [[nodiscard]] Status begin(FakeCall call);
  [[nodiscard]] Result<State*> find(const hostd::GuestId& guest);  ///< With the lock held.
  [[nodiscard]] hostd::GuestStats stats_of(State& state) const;
  void emit(const hostd::GuestId& guest, hostd::GuestEventKind kind, const std::string& detail) const;

  const Clock& clock_;
  mutable std::mutex lock_;
  std::map<std::string, State> guests_;
  std::map<Verb, std::pair<Error, unsigned>> faults_;
  std::vector<FakeCall> calls_;
  std::function<void(const FakeCall&)> hook_;
  hostd::GuestEventHandler handler_;
};

}  // namespace dynascale::fakes
