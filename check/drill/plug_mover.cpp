#include "check/drill/plug_mover.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "probes/cpu.hpp"
#include "probes/memory.hpp"
#include "runtime/unix_line.hpp"

namespace dynascale::check {
namespace {

namespace json = boost::json;

constexpr auto agent_socket = "/run/dynascale/agent.sock";  ///< As packaged; see docs/agent-socket.md.
constexpr std::size_t longest_answer = 16 * 1024;
/// Plugged memory is less when it arrives: the kernel keeps some of it.
constexpr std::uint64_t arrives_of_16 = 15;

Result<Machine> machine_now(const Files& files) {
  const auto online = read_cpus(files, CpuSet::online);
  if (!online) return tl::unexpected{online.error()};
  const auto memory = read_memory(files);
  if (!memory) return tl::unexpected{memory.error()};
  const auto count = static_cast<std::uint32_t>(online->size());
  return Machine{count, count, memory->total.count()};
}

}  // namespace

Result<Wished> parse_wished(std::string_view answer) {
  json::error_code error;
  const auto value = json::parse({answer.data(), answer.size()}, error);
  const auto* object = error ? nullptr : value.if_object();
  if (object == nullptr) return fail(Errc::corrupt, "the agent's answer is no JSON object");
  const auto text = [&](const char* key) {
    const auto* found = object->if_contains(key);
    return found != nullptr && found->is_string() ? std::string{found->as_string()} : std::string{};
  };
  if (text("type") != "accepted") return fail(Errc::refused, fmt::format("the agent refuses: {}", text("what")));
  const auto* host = object->if_contains("host");
  if (host == nullptr || !host->is_bool() || !host->as_bool())
    return fail(Errc::unavailable, "the agent has no host that could plug anything");
  const auto number = [&](const char* key) -> std::optional<std::uint64_t> {
    const auto* found = object->if_contains(key);
    if (found == nullptr || !found->is_number()) return std::nullopt;
    json::error_code wrong;
    const auto count = found->to_number<std::uint64_t>(wrong);
    return wrong ? std::nullopt : std::optional{count};
  };
  Wished wished;
  if (const auto cpus = number("vcpus_wanted")) wished.cpus = static_cast<std::uint32_t>(*cpus);
  wished.memory_bytes = number("memory_wanted_bytes");
  return wished;
}

Result<std::unique_ptr<PlugMover>> PlugMover::create(const Machine& most, std::chrono::milliseconds limit) {
  const auto now = machine_now(Files{"/"});
  if (!now) return tl::unexpected{now.error()};
  if (most.cpus <= now->cpus && most.memory_bytes <= now->memory_bytes)
    return fail(Errc::invalid_argument,
                fmt::format("--cpus: this guest has {} CPUs and {} MiB already; the envelope's maximum must be above",
                            now->cpus, now->memory_bytes >> 20));
  const Machine target{std::max(most.cpus, now->cpus), most.cpus, std::max(most.memory_bytes, now->memory_bytes)};
  return std::unique_ptr<PlugMover>{new PlugMover{*now, target, limit}};
}

PlugMover::~PlugMover() {
  if (wished_) static_cast<void>(wish(first_, std::chrono::milliseconds{1}));
}

Status PlugMover::begin(const Machine& machine, const std::vector<int>&) {
  goal_ = machine;
  const bool grows = machine == most_;
  // Twice the limit: there is a time to look and reload before the way back begins.
  return wish(machine, grows ? 2 * limit_ : std::chrono::milliseconds{1});
}

/// A user has one wish at a time: the newest. One that is over after a millisecond takes the other back.
Status PlugMover::wish(const Machine& machine, std::chrono::milliseconds duration) {
  const auto now = machine_now(files_);
  if (!now) return tl::unexpected{now.error()};
  const auto cpus = machine.cpus > now->cpus ? machine.cpus - now->cpus : 0;
  const auto memory = machine.memory_bytes > now->memory_bytes ? machine.memory_bytes - now->memory_bytes : 0;
  const json::object request{{"type", "request"},
                             {"vcpus", cpus + memory == 0 ? 1 : cpus},
                             {"memory_bytes", memory},
                             {"for_ms", duration.count()},
                             {"reason", "dynascale-check drill"}};
  const auto answer = exchange_line(agent_socket, json::serialize(request) + "\n", longest_answer, "the agent");
  if (!answer) return tl::unexpected{answer.error()};
  const auto wished = parse_wished(*answer);
  if (!wished) return tl::unexpected{wished.error()};
  wished_ = duration > std::chrono::milliseconds{1};
  if (!wished_) return {};
  if (wished->cpus && *wished->cpus < goal_.cpus) {
    notes_.push_back(fmt::format("the agent's [requests] allow {} CPUs, not {}", *wished->cpus, goal_.cpus));
    goal_.cpus = most_.cpus = *wished->cpus;
  }
  if (wished->memory_bytes && *wished->memory_bytes < goal_.memory_bytes)
    goal_.memory_bytes = most_.memory_bytes = *wished->memory_bytes;
  return {};
}

bool PlugMover::arrived() {
  const auto now = machine_now(files_);
  if (!now || now->cpus != goal_.cpus) return false;
  const auto gained = goal_.memory_bytes - std::min(goal_.memory_bytes, first_.memory_bytes);
  return now->memory_bytes >= first_.memory_bytes / 16 * arrives_of_16 + gained / 16 * arrives_of_16;
}

}  // namespace dynascale::check
