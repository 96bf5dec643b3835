#pragma once
/// A guest in a bottle for the resize machine: the test plays hypervisor and agent by hand.

#include <gtest/gtest.h>

#include <algorithm>

#include "core/plan/resize_machine.hpp"

namespace dynascale::plan::test {

struct Rig {
  Rig() {
    facts.at = now;
    facts.plugged = VcpuCount{2};
    facts.maximum = VcpuCount{8};
    facts.boot_memory = Bytes::gib(4);
    facts.balloon = Bytes::gib(2);
    facts.agent = AgentFacts{.at = now,
                             .online = VcpuCount{2},
                             .present = VcpuCount{2},
                             .span = VcpuCount{2},
                             .available = Bytes::gib(1),
                             .can_park = true};
  }

  Turn feed(const Event& event) {
    auto turn = machine.step(event, facts, now);
    commands = turn.commands;
    steps.insert(steps.end(), turn.steps.begin(), turn.steps.end());
    if (turn.finished) {
      EXPECT_FALSE(finished) << "finished twice";
      finished = turn.finished;
    }
    return turn;
  }
  Turn start(std::uint16_t vcpus, Bytes memory) {
    finished.reset();
    steps.clear();
    return feed(Start{{.target = {VcpuCount{vcpus}, memory},
                       .limits = {VcpuCount{1}, VcpuCount{8}, Bytes::mib(512), Bytes::gib(4)},
                       .reason = "test"}});
  }
  Turn wait(double seconds) {
    now += std::chrono::duration_cast<Duration>(std::chrono::duration<double>{seconds});
    return feed(Tick{});
  }
  /// The agent's next report.
  Turn report(std::uint16_t online) {
    now += std::chrono::milliseconds{100};
    facts.agent->at = now;
    facts.agent->online = VcpuCount{online};
    return feed(Tick{});
  }
  /// The hypervisor's statistics, with this balloon.
  Turn balloon(Bytes size) {
    now += std::chrono::milliseconds{100};
    facts.at = now;
    facts.balloon = size;
    return feed(Tick{});
  }
  Turn ready(std::uint16_t online, Bytes available) {
    facts.agent->at = now;
    facts.agent->online = VcpuCount{online};
    wire::Ready message{.id = intent, .vcpus_online = {}, .memory_available_bytes = available.count()};
    for (std::uint32_t i = 0; i < online; ++i) message.vcpus_online.push_back(i);
    return feed(Received{message});
  }
  Turn end(std::uint64_t command, Status status = {}) {
    return feed(CommandEnded{command, std::move(status)});
  }

  /// The first command of this kind in the last turn; also remembers the id of an intent.
  template <class A>
  std::optional<A> sent() {
    for (const auto& command : commands)
      if (const auto* action = std::get_if<A>(&command.action)) {
        last_id = command.id;
        return *action;
      }
    return std::nullopt;
  }
  template <class M>
  std::optional<M> said() {
    for (const auto& command : commands) {
      const auto* send = std::get_if<SendMessage>(&command.action);
      const auto* message = send == nullptr ? nullptr : std::get_if<M>(&send->message);
      if (message == nullptr) continue;
      if constexpr (std::is_same_v<M, wire::ResizeIntent>) intent = message->id;
      return *message;
    }
    return std::nullopt;
  }
  [[nodiscard]] bool has_step(Link link, LinkState state) const {
    return std::any_of(steps.begin(), steps.end(),
                       [&](const Step& s) { return s.link == link && s.state == state; });
  }

  Instant now = Instant{} + std::chrono::hours{1};
  Facts facts;
  ResizeMachine machine{ResizeConfig{}, 100};
  std::vector<Command> commands;
  std::vector<Step> steps;
  std::optional<Finished> finished;
  std::uint64_t intent = 0;
  std::uint64_t last_id = 0;
};

}  // namespace dynascale::plan::test
