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
    // A guest gives only what it does not use, and a liar nothing.
    if (setup_.nature == Nature::lying && part->have > part->target) continue;
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
  // The channel keeps the order of messages; only the time that each takes is random here.
  if (!has_agent() || intent.id < last_intent_) return;
  last_intent_ = intent.id;
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
  runs_on_ = setup_.nature == Nature::lying;
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

Sample SimGuest::lie() const {
  Sample s{.taken_at = now_, .cpu = {}, .memory = {}};
  s.cpu.busy_vcpus = online_.value;
  s.cpu.runnable_tasks = 100;
  s.cpu.pressure = Pressure{Ratio::percent(90), Ratio{}};
  s.memory.available = Bytes{};
  s.memory.pressure = Pressure{Ratio::percent(90), Ratio{}};
  return s;
}

Sample SimGuest::sample() const {
  const auto want = demand();
  Sample s{.taken_at = now_, .cpu = {}, .memory = {}};
  const double have = has_agent() ? online_.value : plugged_.value;
  if (setup_.nature == Nature::lying) return lie();
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
  const auto forecast = forecast_.advise(setup_.policy, setup_.limits, state_.current, last_sample_, now_);
  const auto advice = forecast ? std::span{&*forecast, 1} : std::span<const policy::Opinion>{};
  decision_ = policy::decide(setup_.policy, setup_.limits, state_, last_sample_, now_, advice);
  const bool shrinking = machine_.state() == plan::State::asking || machine_.state() == plan::State::taking;
  if (shrinking && !gives_) {
    if (const auto why = policy::regret(setup_.policy, setup_.limits, state_, last_sample_, now_))
      feed(plan::Abort{why->text});
  } else if (!machine_.busy()) {
    begin(at_host(decision_));
  }
}

void SimGuest::begin(const policy::Decision& decision) {
  if (decision.target == state_.current) return;
  ++tally_.resizes;
  busy_since_ = now_;
  gives_ = arbiter::gives(decision);
  flight_ = arbiter::Holding::Flight{arbiter::Amounts::of(state_.current), arbiter::Amounts::of(decision.target)};
  if (setup_.host != nullptr) setup_.host->begun(setup_.name, *flight_, now_);
  feed(plan::Start{{.target = decision.target, .limits = setup_.limits, .reason = "simulated"}});
}

arbiter::KnownGuest SimGuest::known() const {
  arbiter::KnownGuest known{.guest = setup_.name,
                            .policy = setup_.policy,
                            .limits = setup_.limits,
                            .state = state_,
                            .facts = facts_,
                            .sample = last_sample_,
                            .decision = decision_,
                            .shares = setup_.shares,
                            .flight = flight_,
                            .busy_measured = {},
                            .resident = {},
                            .memory_free = {}};
  known.busy_measured = runs_on_ ? plugged_.value : std::min<double>(demand().vcpus, online_.value);
  return known;
}

arbiter::Claim SimGuest::claim() const { return arbiter::claim_of(known(), now_); }

policy::Decision SimGuest::at_host(policy::Decision decision) {
  if (setup_.host == nullptr) return decision;
  const auto from = arbiter::Amounts::of(state_.current);
  const auto to = arbiter::Amounts::of(decision.target);
  const auto answer = setup_.host->ask({setup_.name, from, to, arbiter::is_urgent(decision)}, now_);
  return arbiter::arbitrated(decision, state_.current, answer, setup_.host->order_for(setup_.name), setup_.limits);
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
  if (finished.ending == plan::Ending::failed || finished.ending == plan::Ending::unknown)
    result.ending = Ending::failed;
  policy::note_result(state_, result, setup_.policy.guard, now_);
  flight_.reset();
  if (gives_) policy::note_given(state_);
  if (setup_.host != nullptr) {
    const auto before = arbiter::Amounts::of(finished.from);
    const auto after = arbiter::Amounts::of(finished.reached);
    const arbiter::Amounts given{arbiter::less_by(before.vcpus, after.vcpus),
                                 arbiter::less_by(before.memory, after.memory)};
    setup_.host->ended(setup_.name, arbiter::outcome_of(finished.ending), given, now_);
  }
  ++tally_.endings[finished.ending];
  if (finished.reached != finished.from) tally_.last_change = now_;
  const bool only_shrinks =
      finished.target.vcpus <= finished.from.vcpus && finished.target.memory <= finished.from.memory;
  if (finished.ending == plan::Ending::refused && only_shrinks && finished.reached != finished.from)
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
  tally_.vcpu_seconds += seconds(passed) * size.vcpus.value;
  tally_.wanted_vcpu_seconds += seconds(passed) * want.vcpus;
  tally_.lacking_vcpu_seconds += seconds(passed) * std::max(0.0, want.vcpus - size.vcpus.value);
}

}  // namespace dynascale::sim
