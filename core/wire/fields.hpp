#pragma once
/// The keys of every message, stated once; the writer and the reader both follow them. `need`: the key must
/// be there. `may`: an absent key means "not known", or an empty text or list. Included by codec.cpp only.

#include <concepts>
#include <string_view>
#include <type_traits>

#include "core/wire/messages.hpp"

namespace dynascale::wire {

template <class M, class T>
concept Is = std::same_as<std::remove_const_t<M>, T>;

/// `type` of a message on the wire.
template <class M>
inline constexpr std::string_view type_name;
template <>
inline constexpr std::string_view type_name<Hello> = "hello";
template <>
inline constexpr std::string_view type_name<Sync> = "sync";
template <>
inline constexpr std::string_view type_name<SyncReply> = "sync_reply";
template <>
inline constexpr std::string_view type_name<Report> = "report";
template <>
inline constexpr std::string_view type_name<Urgent> = "urgent";
template <>
inline constexpr std::string_view type_name<ResizeIntent> = "resize_intent";
template <>
inline constexpr std::string_view type_name<Ready> = "ready";
template <>
inline constexpr std::string_view type_name<Refuse> = "refuse";
template <>
inline constexpr std::string_view type_name<ResizeDone> = "resize_done";
template <>
inline constexpr std::string_view type_name<ResizeAbort> = "resize_abort";
template <>
inline constexpr std::string_view type_name<Retuned> = "retuned";
template <>
inline constexpr std::string_view type_name<Heartbeat> = "heartbeat";
template <>
inline constexpr std::string_view type_name<Fault> = "fault";

/// Whether an unknown key is refused: these messages ask the other side for something.
template <class M>
inline constexpr bool is_request =
    Is<M, Hello> || Is<M, Sync> || Is<M, ResizeIntent> || Is<M, ResizeDone> || Is<M, ResizeAbort>;

template <class V, Is<VersionRange> M>
void fields(V& v, M& m) {
  v.need("min", m.min);
  v.need("max", m.max);
}

template <class V, Is<Hello> M>
void fields(V& v, M& m) {
  v.need("versions", m.versions);
  v.need("program", m.program);
  v.may("boot_id", m.boot_id);
  v.may("capabilities", m.capabilities);
}

template <class V, class M>
requires Is<M, Sync> || Is<M, SyncReply>
void fields(V& v, M& m) {
  v.need("nonce", m.nonce);
}

template <class V, Is<PressureValues> M>
void fields(V& v, M& m) {
  v.need("some_avg10_percent", m.some_avg10_percent);
  v.need("full_avg10_percent", m.full_avg10_percent);
}

template <class V, Is<ApplicationReport> M>
void fields(V& v, M& m) {
  v.need("id", m.id);
  v.need("adapter", m.adapter);
  v.need("state", m.state);
  v.may("settings", m.settings);
  v.need("memory_floor_bytes", m.memory_floor_bytes);
  v.may("note", m.note);
}

template <class V, Is<CapacityRequest> M>
void fields(V& v, M& m) {
  v.need("by", m.by);
  v.may("reason", m.reason);
  v.may("vcpus_wanted", m.vcpus_wanted);
  v.may("memory_wanted_bytes", m.memory_wanted_bytes);
  v.need("remaining_ms", m.remaining_ms);
}

template <class V, Is<Metric> M>
void fields(V& v, M& m) {
  v.need("name", m.name);
  v.may("from", m.from);
  v.may("value", m.value);
  v.need("age_ms", m.age_ms);
  v.may("note", m.note);
}

template <class V, Is<Report> M>
void fields(V& v, M& m) {
  v.need("sequence", m.sequence);
  v.may("vcpus_present", m.vcpus_present);
  v.may("vcpus_online", m.vcpus_online);
  v.may("busy_vcpus", m.busy_vcpus);
  v.may("runnable_tasks", m.runnable_tasks);
  v.may("load1", m.load1);
  v.may("steal_percent", m.steal_percent);
  v.may("cpu_pressure", m.cpu_pressure);
  v.may("memory_pressure", m.memory_pressure);
  v.may("io_pressure", m.io_pressure);
  v.may("memory_total_bytes", m.memory_total_bytes);
  v.may("memory_available_bytes", m.memory_available_bytes);
  v.may("swap_used_bytes", m.swap_used_bytes);
  v.may("swap_in_pages_per_s", m.swap_in_pages_per_s);
  v.may("refaults_per_s", m.refaults_per_s);
  v.may("applications", m.applications);
  v.may("requests", m.requests);
  v.may("metrics", m.metrics);
}

template <class V, Is<Urgent> M>
void fields(V& v, M& m) {
  v.need("resource", m.resource);
  v.may("reason", m.reason);
  v.may("vcpus_wanted", m.vcpus_wanted);
  v.may("memory_wanted_bytes", m.memory_wanted_bytes);
}

template <class V, Is<ResizeIntent> M>
void fields(V& v, M& m) {
  v.need("id", m.id);
  v.need("vcpus", m.vcpus);
  v.need("memory_bytes", m.memory_bytes);
  v.need("memory_floor_bytes", m.memory_floor_bytes);
  v.need("memory_ceiling_bytes", m.memory_ceiling_bytes);
  v.need("vcpus_ceiling", m.vcpus_ceiling);
  v.need("deadline_ms", m.deadline_ms);
  v.may("reason", m.reason);
}

template <class V, Is<Ready> M>
void fields(V& v, M& m) {
  v.need("id", m.id);
  v.need("vcpus_online", m.vcpus_online);
  v.need("memory_available_bytes", m.memory_available_bytes);
}

template <class V, Is<Refuse> M>
void fields(V& v, M& m) {
  v.need("id", m.id);
  v.need("reason", m.reason);
  v.may("holder", m.holder);
  v.need("vcpus_floor", m.vcpus_floor);
  v.need("memory_floor_bytes", m.memory_floor_bytes);
}

template <class V, Is<ResizeDone> M>
void fields(V& v, M& m) {
  v.need("id", m.id);
  v.need("vcpus", m.vcpus);
  v.need("memory_bytes", m.memory_bytes);
}

template <class V, Is<ResizeAbort> M>
void fields(V& v, M& m) {
  v.need("id", m.id);
  v.may("reason", m.reason);
  v.need("vcpus", m.vcpus);
  v.need("memory_bytes", m.memory_bytes);
}

template <class V, Is<Retuned> M>
void fields(V& v, M& m) {
  v.need("resize_id", m.resize_id);
  v.need("application", m.application);
  v.may("before", m.before);
  v.may("after", m.after);
  v.need("result", m.result);
  v.may("error", m.error);
  v.need("duration_ms", m.duration_ms);
}

template <class V, Is<Heartbeat> M>
void fields(V& v, M& m) {
  v.need("sequence", m.sequence);
}

template <class V, Is<Fault> M>
void fields(V& v, M& m) {
  v.need("code", m.code);
  v.may("what", m.what);
}

}  // namespace dynascale::wire
