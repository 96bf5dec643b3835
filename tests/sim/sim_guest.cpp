#include "sim_guest.hpp"

#include <algorithm>
#include <cmath>

namespace dynascale::sim {
namespace {

using namespace std::chrono_literals;

constexpr auto period = 1s;
const Bytes block = Bytes::mib(2);
const Bytes device_size = Bytes::gib(16);

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

SimGuest::SimGuest(Setup setup, std::uint64_t seed)
    : setup_{std::move(setup)},
      random_{seed},
      start_{Instant{} + 100h},
      now_{start_},
      plugged_{setup_.size.vcpus},
      online_{setup_.size.vcpus},
      machine_{plan::ResizeConfig{}, seed & 0xFFFFU} {
  if (setup_.virtio_mem) {
    boot_.have = std::min(setup_.size.memory, Bytes::gib(1));
    device_.have = saturating_sub(setup_.size.memory, boot_.have).floor_to(block);
  } else {
    boot_.have = setup_.size.memory;
  }
  boot_.target = boot_.have;
  device_.target = device_.have;
  facts_.maximum = setup_.limits.vcpus_max;
  facts_.boot_memory = setup_.virtio_mem ? boot_.have : setup_.limits.memory_max;
  if (setup_.virtio_mem)
    facts_.devices.push_back(
        {.alias = "m0", .size = device_size, .block = block, .requested = {}, .current = {}});
  read_hypervisor();
}

Bytes SimGuest::memory() const {
  return saturating_add(boot_.have, device_.have);
}

bool SimGuest::is_stuck() const {
  return setup_.nature == Nature::stuck && now_ - start_ >= setup_.stuck_after;
}

Duration SimGuest::latency() {
  const auto base = setup_.nature == Nature::slow ? 2s : 0s;
  return base + std::chrono::milliseconds{20 + random_() % (setup_.nature == Nature::slow ? 5000 : 200)};
}

void SimGuest::after(Duration delay, std::function<void()> what) {
  events_.emplace(now_ + delay, std::move(what));
}

void SimGuest::run(Duration span) {
  const auto end = now_ + span;
  auto next_tick = now_;
  while (now_ < end) {
    auto next = next_tick;
    if (!events_.empty()) next = std::min(next, events_.begin()->first);
    if (const auto deadline = machine_.next_deadline())
      next = std::min(next, std::max(*deadline, now_ + 1ms));
    const auto passed = next - now_;
    now_ = next;
    move_memory(passed);
    watch(passed);
    while (!events_.empty() && events_.begin()->first <= now_) {
      const auto what = std::move(events_.begin()->second);
      events_.erase(events_.begin());
      what();
    }
    if (now_ >= next_tick) {
      host_tick();
      next_tick += period;
    } else {
      feed(plan::Tick{});
    }
  }
}

// --- the hypervisor ---

void SimGuest::move_memory(Duration passed) {
  const double rate = is_stuck() ? 0 : setup_.nature == Nature::slow ? 40.0 : 2000.0;  // MiB/s
  const auto most = Bytes::mib(1).scaled(rate * seconds(passed));
  for (auto* part : {&boot_, &device_}) {
    if (part->have < part->target) part->have = std::min(part->target, saturating_add(part->have, most));
    // A guest gives only what it does not use.
    const auto free = saturating_sub(memory(), demand().memory);
    if (part->have > part->target)
      part->have = std::max(part->target, saturating_sub(part->have, std::min(most, free)));
  }
}

void SimGuest::read_hypervisor() {
  facts_.at = now_;
  facts_.plugged = plugged_;
  facts_.balloon = boot_.have;
  if (setup_.virtio_mem) {
    facts_.devices[0].current = device_.have == device_.target ? device_.have : device_.have.floor_to(block);
    facts_.devices[0].requested = device_.target;
  }
}

void SimGuest::carry_out(const plan::Command& command) {
  const auto ended = [this, id = command.id](Status status) {
    feed(plan::CommandEnded{id, std::move(status)});
  };
  if (const auto* plug = std::get_if<plan::PlugVcpus>(&command.action)) {
    if (is_stuck()) return after(5s, [ended] { ended(fail(Errc::timeout, "no answer")); });
    after(latency(), [this, ended, count = plug->count] {
      plugged_ = std::max(plugged_, count);
      if (setup_.nature == Nature::blind) online_ = plugged_;  // by a udev rule of its own
      ended({});
    });
  } else if (const auto* balloon = std::get_if<plan::SetBalloon>(&command.action)) {
    boot_.target = balloon->target;
    after(20ms, [ended] { ended({}); });
  } else if (const auto* device = std::get_if<plan::SetVirtioMem>(&command.action)) {
    device_.target = device->requested;
    after(20ms, [ended] { ended({}); });
  } else if (const auto* send = std::get_if<plan::SendMessage>(&command.action)) {
    if (has_agent()) after(5ms, [this, message = send->message] { receive(message); });
  } else {
    after(10ms, [this, ended] {
      read_hypervisor();
      ended({});
    });
  }
}

// --- the agent ---

void SimGuest::receive(const wire::Message& message) {
  if (!has_agent()) return;
  if (const auto* intent = std::get_if<wire::ResizeIntent>(&message)) {
    after(latency(), [this, copy = *intent] { answer_intent(copy); });
  } else if (const auto* abort = std::get_if<wire::ResizeAbort>(&message)) {
    after(latency(), [this, vcpus = abort->vcpus] {
      if (has_agent())
        online_.value = std::max(online_.value, std::min(plugged_.value, static_cast<std::uint16_t>(vcpus)));
    });
  }
}

void SimGuest::answer_intent(const wire::ResizeIntent& intent) {
  if (!has_agent()) return;
  const bool shrinks = intent.vcpus < online_.value || Bytes::of(intent.memory_bytes) < memory();
  if (shrinks && setup_.nature == Nature::limited &&
      (intent.vcpus < setup_.floor.vcpus.value || Bytes::of(intent.memory_bytes) < setup_.floor.memory)) {
    return feed(plan::Received{wire::Refuse{.id = intent.id,
                                            .reason = "a setting needs it",
                                            .holder = "database",
                                            .vcpus_floor = setup_.floor.vcpus.value,
                                            .memory_floor_bytes = setup_.floor.memory.count()}});
  }
  online_.value = std::min(plugged_.value, static_cast<std::uint16_t>(intent.vcpus));
  answer_ready(intent.id);
}

void SimGuest::answer_ready(std::uint64_t id) {
  wire::Ready ready{.id = id,
                    .vcpus_online = {},
                    .memory_available_bytes = saturating_sub(memory(), demand().memory).count()};
  for (std::uint32_t i = 0; i < online_.value; ++i) ready.vcpus_online.push_back(i);
  report();
  feed(plan::Received{ready});
}

void SimGuest::report() {
  if (!has_agent()) return;
  facts_.agent = plan::AgentFacts{.at = now_,
                                  .online = online_,
                                  .present = plugged_,
                                  .span = online_,
                                  .available = saturating_sub(memory(), demand().memory),
                                  .can_park = true};
  last_sample_ = sample();
}

Sample SimGuest::sample() const {
  const auto want = demand();
  Sample s{.taken_at = now_, .cpu = {}, .memory = {}};
  const double have = has_agent() ? online_.value : plugged_.value;
  s.cpu.busy_vcpus = std::min(want.vcpus, have);
  s.memory.available = saturating_sub(memory(), want.memory);
  if (!has_agent()) return s;
  s.cpu.runnable_tasks = want.vcpus;
  s.cpu.pressure = Pressure{Ratio::clamped(want.vcpus > have ? 1 - have / want.vcpus : 0), Ratio{}};
  s.memory.pressure = Pressure{Ratio::percent(want.memory > memory() ? 40 : 0), Ratio{}};
  return s;
}

// --- hostd ---

void SimGuest::host_tick() {
  read_hypervisor();
  report();
  if (setup_.nature == Nature::blind) last_sample_ = sample();
  if (facts_.agent && now_ - facts_.agent->at > 10s) facts_.agent.reset();
  feed(plan::Tick{});
  state_.current = plan::size_of(facts_);
  state_.agent = facts_.agent ? policy::Agent::present : policy::Agent::absent;
  state_.activity = machine_.busy() ? policy::Activity::resizing : policy::Activity::idle;
  const auto decision = policy::decide(setup_.policy, setup_.limits, state_, last_sample_, now_);
  const bool shrinking = machine_.state() == plan::State::asking || machine_.state() == plan::State::taking;
  if (shrinking) {
    if (const auto why = policy::regret(setup_.policy, setup_.limits, state_, last_sample_, now_))
      feed(plan::Abort{why->text});
  } else if (!machine_.busy() && decision.target != state_.current) {
    ++tally_.resizes;
    busy_since_ = now_;
    feed(plan::Start{{.target = decision.target, .limits = setup_.limits, .reason = "simulated"}});
  }
}

void SimGuest::feed(const plan::Event& event) {
  const auto turn = machine_.step(event, facts_, now_);
  for (const auto& command : turn.commands) carry_out(command);
  if (turn.finished) take_finished(*turn.finished);
}

void SimGuest::take_finished(const plan::Finished& finished) {
  using Ending = policy::ResizeResult::Ending;
  policy::ResizeResult result{.began = *busy_since_,
                              .before = finished.from,
                              .after = finished.reached,
                              .target = finished.target,
                              .ending = Ending::settled,
                              .vcpus_floor = finished.vcpus_floor,
                              .memory_floor = finished.memory_floor,
                              .cause = finished.reason};
  if (finished.ending == plan::Ending::refused) result.ending = Ending::refused;
  if (finished.ending != plan::Ending::complete && finished.ending != plan::Ending::refused &&
      finished.ending != plan::Ending::given_back)
    result.ending = Ending::failed;
  policy::note_result(state_, result, setup_.policy.guard, now_);
  ++tally_.endings[finished.ending];
  if (finished.reached != finished.from) tally_.last_change = now_;
  if (finished.ending == plan::Ending::refused && finished.reached != finished.from)
    tally_.broken.push_back("a refused shrink changed the guest");
  tally_.longest_busy = std::max(tally_.longest_busy, now_ - *busy_since_);
}

/// The promises, looked at from outside at every moment.
void SimGuest::watch(Duration passed) {
  const auto size = this->size();
  const auto& limits = setup_.limits;
  const auto breaks = [&](const char* what) {
    if (tally_.broken.size() < 5)
      tally_.broken.push_back(
          fmt::format("{} at {:.1f} s: {} vCPUs, {}", what, seconds(now_ - start_), size.vcpus, size.memory));
  };
  if (size.vcpus < limits.vcpus_min) breaks("below the minimum of vCPUs");
  if (plugged_ > limits.vcpus_max) breaks("above the maximum of vCPUs");
  if (saturating_add(size.memory, Bytes::mib(4)) < limits.memory_min) breaks("below the minimum of memory");
  if (size.memory > saturating_add(limits.memory_max, block)) breaks("above the maximum of memory");
  if (setup_.nature == Nature::limited && size.memory < setup_.floor.memory)
    breaks("below the guest's own floor");
  const auto want = demand();
  const bool short_of_cpu = want.vcpus > size.vcpus.value && size.vcpus < limits.vcpus_max;
  if (short_of_cpu) tally_.starved_seconds += seconds(passed);
}

}  // namespace dynascale::sim
