#pragma once
/// The hypervisor as hostd needs it: about ten verbs, each of which may block and therefore runs on the offload
/// pool. `hostd/libvirt` is the real one; tests and the simulator have their own. Fakes pass the same contract test.
///
/// Threading: calls may come from several pool threads, never two at once for one guest.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/model/limits.hpp"
#include "core/model/result.hpp"
#include "core/model/units.hpp"

namespace dynascale::hostd {

/// A guest's UUID as libvirt prints it. Survives renames, restarts and migration.
struct GuestId {
  std::string uuid;
  auto operator<=>(const GuestId&) const = default;
};

enum class GuestState { running, paused, shut_off, crashed, suspended, unknown };

struct VcpuStats {
  std::uint64_t time_ns = 0;               ///< CPU time used since the guest's start.
  std::optional<std::uint64_t> delay_ns;   ///< Time in which it waited for a host core.
};

/// Bulk statistics of one guest. Absent means that libvirt did not tell (it prints -1 or nothing).
struct GuestStats {
  GuestId id;
  std::string name;
  GuestState state = GuestState::unknown;
  std::optional<VcpuCount> vcpus_plugged;
  std::optional<VcpuCount> vcpus_maximum;
  std::vector<VcpuStats> vcpus;
  std::optional<Bytes> balloon_current;    ///< What the guest has, as its balloon driver confirmed.
  std::optional<Bytes> balloon_maximum;
  std::optional<Bytes> available;          ///< The guest's MemTotal.
  std::optional<Bytes> usable;             ///< The guest's MemAvailable.
  std::optional<Bytes> unused;             ///< The guest's MemFree.
  std::optional<Bytes> resident;           ///< Of the QEMU process, on the host.
  std::optional<std::uint64_t> swap_in;    ///< Bytes since boot.
  std::optional<std::uint64_t> balloon_updated_s;  ///< Guest's last answer, seconds since the epoch; stale when hung.
};

struct VirtioMemDevice {
  std::string alias;
  Bytes size;        ///< The most that it can hold.
  Bytes block;       ///< Granularity.
  Bytes requested;
  Bytes current;
  unsigned node = 0;
};

/// A guest's vCPUs by its own account, through qemu-guest-agent; each list sorted.
struct GuestVcpus {
  std::vector<VcpuIndex> present;
  std::vector<VcpuIndex> online;
  std::vector<VcpuIndex> offlinable;  ///< Those that may be taken offline.
  bool operator==(const GuestVcpus&) const = default;
};

/// For one answer of qemu-guest-agent's (libvirt's default for its greeting). To set vCPUs takes four questions, and a
/// guest that lets each one wait keeps a thread of the pool for all of them.
inline constexpr std::chrono::seconds guest_agent_patience{5};

/// From the domain's XML: what can be done with this guest, and why not.
struct GuestDescription {
  GuestId id;
  std::string name;
  bool emulated = false;  ///< QEMU's software emulation: hard unplug of a vCPU does not complete.
  VcpuCount vcpus_plugged;
  VcpuCount vcpus_maximum;
  std::vector<VcpuIndex> vcpus_not_unpluggable;  ///< vCPU 0 and those without hotpluggable='yes'.
  Bytes memory_boot;     ///< <memory> without virtio-mem: the balloon's ceiling.
  Bytes memory_current;  ///< <currentMemory>
  bool has_balloon = false;
  bool autodeflate = false;
  bool has_passthrough = false;   ///< VFIO: the balloon is inhibited.
  bool memory_locked = false;     ///< <locked/> or huge pages: ballooning gives nothing back.
  std::vector<VirtioMemDevice> virtio_mem;
  std::string channel_path;       ///< Host side of org.dynascale.agent.0; empty when there is none.
  bool has_guest_agent = false;   ///< qemu-guest-agent is connected.
  std::string policy_xml;         ///< Content of the metadata in urn:dynascale:policy:1; empty when there is none.
  std::vector<std::string> degradations;  ///< Sentences for `status`: "no agent channel: …, add <channel>…".
};

struct HostInfo {
  unsigned cpus = 0;
  Bytes memory;
  std::string uri;
  std::string version;  ///< "libvirt 9.0.0, QEMU 7.2.0"
};

enum class GuestEventKind { started, stopped, rebooted, paused, resumed, migrated, changed, balloon, device };
struct GuestEvent {
  GuestId id;
  GuestEventKind kind = GuestEventKind::changed;
  std::string detail;
};

class Hypervisor {
 public:
  Hypervisor() = default;
  Hypervisor(const Hypervisor&) = delete;
  Hypervisor& operator=(const Hypervisor&) = delete;
  virtual ~Hypervisor() = default;

  [[nodiscard]] virtual Result<HostInfo> host() = 0;
  /// All running guests in one call. Never waits for a hung guest: such a guest's balloon values are just old.
  [[nodiscard]] virtual Result<std::vector<GuestStats>> statistics() = 0;
  [[nodiscard]] virtual Result<GuestDescription> describe(const GuestId& guest) = 0;
  /// Turns on balloon statistics. Errors: `unsupported` without a balloon.
  virtual Status enable_statistics(const GuestId& guest, std::chrono::seconds period) = 0;
  /// Plugs up to `count`. Success means that libvirt accepted it, not that the guest uses it.
  virtual Status plug_vcpus(const GuestId& guest, VcpuCount count) = 0;
  /// Requests a hard unplug down to `count`. Errors: `timeout` = unknown, `unsupported` where it never completes.
  virtual Status unplug_vcpus(const GuestId& guest, VcpuCount count) = 0;
  /// Sets the balloon's target, which counts boot memory only. A request: statistics tell the effect.
  virtual Status set_balloon(const GuestId& guest, Bytes target) = 0;
  /// Requests a virtio-mem size; must be a multiple of its block. A request: `describe` tells the effect.
  virtual Status set_virtio_mem(const GuestId& guest, const std::string& alias, Bytes requested) = 0;
  /// What qemu-guest-agent says of the guest's vCPUs. Errors: `timeout` when it does not answer, `refused` when it says
  /// no, `unsupported` without it, `corrupt` when the answer cannot be true.
  [[nodiscard]] virtual Result<GuestVcpus> guest_vcpus(const GuestId& guest) = 0;
  /// Has it keep the lowest `count` vCPUs of the guest online, vCPU 0 always, and answers what it then says: not
  /// necessarily that. Errors: the same.
  [[nodiscard]] virtual Result<GuestVcpus> set_guest_vcpus(const GuestId& guest, VcpuCount count) = 0;
  /// Writes a size into the configuration of a guest that is kept, for its next start: vCPUs, and memory where the
  /// balloon is all there is. Does nothing with one that exists only while it runs.
  virtual Status keep_size(const GuestId& guest, const Size& size) = 0;
  /// Replaces the metadata in urn:dynascale:policy:1, of the running guest and, of one that is kept, of its
  /// configuration too. Empty removes it.
  virtual Status set_policy(const GuestId& guest, const std::string& xml) = 0;
};

using GuestEventHandler = std::function<void(GuestEvent)>;

}  // namespace dynascale::hostd
