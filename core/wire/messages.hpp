#pragma once
/// What host and guest say to each other; docs/protocol.md describes it for people. One JSON object a line, UTF-8,
/// at most `max_line` bytes and `max_depth` levels. Wire values are raw numbers with the unit in their name; the
/// shell turns them into domain types and clamps them: the host believes nothing that a guest says.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace dynascale::wire {

inline constexpr std::size_t max_line = 65536;  ///< 64 KiB, the newline included.
inline constexpr unsigned max_depth = 8;
inline constexpr std::size_t max_applications = 64;  ///< In one report; more is refused.
inline constexpr std::size_t max_settings = 64;      ///< In one map of settings; more is refused.
inline constexpr std::size_t max_capabilities = 32;
inline constexpr std::size_t max_vcpus = 1024;       ///< In one list of vCPU numbers.
inline constexpr std::size_t max_requests = 16;      ///< In one report; more is refused.
inline constexpr std::size_t max_metrics = 32;       ///< In one report; more is refused.
inline constexpr std::size_t max_text = 512;         ///< Bytes of any text; the sender cuts, the receiver refuses.

struct VersionRange {
  std::uint32_t min = 1;
  std::uint32_t max = 1;
  bool operator==(const VersionRange&) const = default;
};
/// Version 1 (0.1.0): the messages of this file.
inline constexpr VersionRange supported_versions{1, 1};

/// Both sides, first message. The highest version in both ranges is spoken from then on.
struct Hello {
  VersionRange versions;
  std::string program;  ///< "dynascale-agent 0.1.0"
  std::string boot_id;  ///< Guest only: /proc/sys/kernel/random/boot_id; a new one means that the guest rebooted.
  std::vector<std::string> capabilities;  ///< "park", "urgent", "x-…" for experiments.
  bool operator==(const Hello&) const = default;
};

/// Both sides: everything that arrived before the answer with the same nonce is stale.
struct Sync {
  std::uint64_t nonce = 0;
  bool operator==(const Sync&) const = default;
};
struct SyncReply {
  std::uint64_t nonce = 0;
  bool operator==(const SyncReply&) const = default;
};

struct PressureValues {
  double some_avg10_percent = 0;
  double full_avg10_percent = 0;
  bool operator==(const PressureValues&) const = default;
};

struct ApplicationReport {
  std::string id;       ///< "gunicorn:/app.sock"
  std::string adapter;  ///< "gunicorn"
  std::string state;    ///< "following", "pending_restart", "failed", "refused", "unreadable"
  std::map<std::string, std::int64_t> settings;
  std::uint64_t memory_floor_bytes = 0;
  std::string note;
  bool operator==(const ApplicationReport&) const = default;
};

/// Somebody in the guest wants more for a while. Repeated in each report until its time is over.
struct CapacityRequest {
  std::string by;  ///< "user 1000", "registered:pool"
  std::string reason;
  std::optional<std::uint32_t> vcpus_wanted;  ///< In all; the host clamps it.
  std::optional<std::uint64_t> memory_wanted_bytes;
  std::uint64_t remaining_ms = 0;
  bool operator==(const CapacityRequest&) const = default;
};

/// A figure of an application's own, as one source told it last.
struct Metric {
  std::string name;             ///< Lower-case letters, digits and '_': "queue_length"
  std::string from;             ///< "registered:pool", "exec:queue", "metrics:web"
  std::optional<double> value;  ///< Absent: the source was asked and did not tell.
  std::uint64_t age_ms = 0;
  std::string note = {};  ///< What ails the source; a value with it is the last that it told.
  bool operator==(const Metric&) const = default;
};

/// Guest to host, each second. What is absent could not be read.
struct Report {
  std::uint64_t sequence = 0;
  std::vector<std::uint32_t> vcpus_present;
  std::vector<std::uint32_t> vcpus_online;
  std::optional<double> busy_vcpus;
  std::optional<double> runnable_tasks;
  std::optional<double> load1;
  std::optional<double> steal_percent;
  std::optional<PressureValues> cpu_pressure;
  std::optional<PressureValues> memory_pressure;
  std::optional<PressureValues> io_pressure;
  std::optional<std::uint64_t> memory_total_bytes;
  std::optional<std::uint64_t> memory_available_bytes;
  std::optional<std::uint64_t> swap_used_bytes;
  std::optional<double> swap_in_pages_per_s;
  std::optional<double> refaults_per_s;
  std::vector<ApplicationReport> applications;
  std::vector<CapacityRequest> requests;
  std::vector<Metric> metrics;
  bool operator==(const Report&) const = default;
};

/// Guest to host, at once when a pressure trigger fires: grow now.
struct Urgent {
  std::string resource;  ///< "cpu" or "memory"
  std::string reason;
  std::optional<std::uint32_t> vcpus_wanted;          ///< A wish; the host clamps it.
  std::optional<std::uint64_t> memory_wanted_bytes;
  bool operator==(const Urgent&) const = default;
};

/// Host to guest: the guest is to get this size. On a shrink the guest makes room first and answers `Ready` or
/// `Refuse`; on a grow the host has plugged already and the guest brings what is present online, up to `vcpus`.
struct ResizeIntent {
  std::uint64_t id = 0;  ///< Even; names this resize in every later message.
  std::uint32_t vcpus = 0;
  std::uint64_t memory_bytes = 0;        ///< What the guest may use in all.
  std::uint64_t memory_floor_bytes = 0;  ///< The least it may ever have, for boot-time settings.
  std::uint64_t memory_ceiling_bytes = 0;
  std::uint32_t vcpus_ceiling = 0;
  std::uint64_t deadline_ms = 0;  ///< From arrival; after it the host takes silence as "unknown".
  std::string reason;
  bool operator==(const ResizeIntent&) const = default;
};

/// Guest to host: room is made. Applications are smaller, vCPUs above `vcpus_online` are parked.
struct Ready {
  std::uint64_t id = 0;
  std::vector<std::uint32_t> vcpus_online;
  std::uint64_t memory_available_bytes = 0;
  bool operator==(const Ready&) const = default;
};

/// Guest to host: no, and everything is as it was. The floor says how far a shrink could go.
struct Refuse {
  std::uint64_t id = 0;
  std::string reason;
  std::string holder;  ///< The application that holds the floor; empty when it is the system.
  std::uint32_t vcpus_floor = 0;
  std::uint64_t memory_floor_bytes = 0;
  bool operator==(const Refuse&) const = default;
};

/// Host to guest: the resize has happened; this is the guest's size now.
struct ResizeDone {
  std::uint64_t id = 0;
  std::uint32_t vcpus = 0;
  std::uint64_t memory_bytes = 0;
  bool operator==(const ResizeDone&) const = default;
};

/// Host to guest: the resize will not happen; go back to this size.
struct ResizeAbort {
  std::uint64_t id = 0;
  std::string reason;
  std::uint32_t vcpus = 0;
  std::uint64_t memory_bytes = 0;
  bool operator==(const ResizeAbort&) const = default;
};

/// Guest to host: one application followed, or did not. One message an application.
struct Retuned {
  std::uint64_t resize_id = 0;  ///< Zero when no resize of the host caused it.
  std::string application;
  std::map<std::string, std::int64_t> before;
  std::map<std::string, std::int64_t> after;  ///< Read back.
  std::string result;  ///< "verified", "partial", "reverted", "failed"
  std::string error;
  std::uint64_t duration_ms = 0;
  bool operator==(const Retuned&) const = default;
};

/// Both sides, when nothing else was said for a while.
struct Heartbeat {
  std::uint64_t sequence = 0;
  bool operator==(const Heartbeat&) const = default;
};

/// Either side: a line could not be accepted. Never answered.
struct Fault {
  std::string code;  ///< Name of an Errc: "corrupt", "unsupported", "limit_exceeded".
  std::string what;
  bool operator==(const Fault&) const = default;
};

using Message = std::variant<Hello, Sync, SyncReply, Report, Urgent, ResizeIntent, Ready, Refuse, ResizeDone,
                             ResizeAbort, Retuned, Heartbeat, Fault>;

}  // namespace dynascale::wire
