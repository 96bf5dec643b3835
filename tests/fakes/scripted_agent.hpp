#pragma once
/// The agent of a guest without a guest: hostd's channel ends here. One thread.

#include <algorithm>
#include <deque>
#include <vector>

#include "hostd/guest_channel.hpp"

namespace dynascale::fakes {

/// An agent at the other end that does what it is told, or refuses, or stays silent.
class ScriptedAgent final : public hostd::GuestChannel {
 public:
  enum class Manner { obedient, refusing, silent };
  Manner manner = Manner::obedient;
  std::vector<wire::Message> heard;
  std::deque<wire::Message> answers;
  std::uint32_t online = 1;
  std::uint32_t wanted = 1;
  std::uint32_t present = 1;
  std::uint64_t memory = Bytes::gib(1).count();
  std::uint64_t available = Bytes::mib(800).count();

  void send(const wire::Message& message) override {
    heard.push_back(message);
    const auto* intent = std::get_if<wire::ResizeIntent>(&message);
    if (intent == nullptr || manner == Manner::silent) return;
    if (manner == Manner::refusing && intent->vcpus < online) {
      wire::Refuse refuse;
      refuse.id = intent->id;
      refuse.reason = "busy";
      refuse.holder = "postgresql:15/main";
      refuse.vcpus_floor = online;
      refuse.memory_floor_bytes = Bytes::gib(1).count();
      answers.emplace_back(refuse);
      return;
    }
    wanted = intent->vcpus;
    const bool shrinks = intent->vcpus < online || intent->memory_bytes < memory;
    memory = intent->memory_bytes;
    if (!shrinks) return;  // vCPUs come online when they are present: see `report`.
    online = std::min(online, intent->vcpus);
    wire::Ready ready;
    ready.id = intent->id;
    for (std::uint32_t index = 0; index < online; ++index) ready.vcpus_online.push_back(index);
    ready.memory_available_bytes = available;
    answers.emplace_back(ready);
  }
  [[nodiscard]] bool connected() const override { return true; }
  boost::asio::awaitable<void> run() override { co_return; }

  [[nodiscard]] wire::Report report(double busy) {
    if (wanted > online) online = std::min(wanted, present);
    wire::Report report;
    for (std::uint32_t index = 0; index < present; ++index) report.vcpus_present.push_back(index);
    for (std::uint32_t index = 0; index < online; ++index) report.vcpus_online.push_back(index);
    report.busy_vcpus = std::min(busy, static_cast<double>(online));
    report.runnable_tasks = busy;
    report.cpu_pressure = wire::PressureValues{busy > online ? 60.0 : 0.0, 0};
    report.memory_total_bytes = Bytes::gib(1).count();
    report.memory_available_bytes = available;
    return report;
  }
};

}  // namespace dynascale::fakes
