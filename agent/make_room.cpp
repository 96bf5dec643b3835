/// The guest's side of a shrink: applications first, then proof that the memory is free, then the vCPUs.

#include <fmt/format.h>

#include <algorithm>

#include "agent/guest_agent.hpp"
#include "agent/shrink_check.hpp"

namespace dynascale::agent {
namespace {

namespace asio = boost::asio;

wire::Refuse refusal(const wire::ResizeIntent& intent, const GuestShare& before, std::string reason,
                     std::string holder) {
  wire::Refuse refuse;
  refuse.id = intent.id;
  refuse.reason = std::move(reason);
  refuse.holder = std::move(holder);
  refuse.vcpus_floor = intent.vcpus;
  refuse.memory_floor_bytes = before.size.memory.count();
  return refuse;
}

const Retuning* first_incomplete(const std::vector<Retuning>& done) {
  const auto found = std::ranges::find_if(done, [](const Retuning& retuning) {
    return retuning.result != RetuneResult::verified && retuning.result != RetuneResult::unchanged;
  });
  return found == done.end() ? nullptr : &*found;
}

}  // namespace

asio::awaitable<std::optional<wire::Refuse>> GuestAgent::make_room(wire::ResizeIntent intent, GuestShare before,
                                                                   Bytes take, std::vector<Retuning>& done,
                                                                   Instant deadline) {
  GuestShare target = before;
  target.size.vcpus = std::min(before.size.vcpus, VcpuCount{static_cast<std::uint16_t>(intent.vcpus)});
  target.size.memory = saturating_sub(before.size.memory, take);
  target.memory_floor = Bytes::of(intent.memory_floor_bytes);
  const auto share = co_await usable(target);
  auto applications = co_await retuner_.survey(share, deadline);
  if (const auto holder = memory_holder(applications, target.size.memory)) {
    auto refuse = refusal(intent, before, holder->reason, holder->application);
    refuse.memory_floor_bytes = holder->floor.count();
    co_return refuse;
  }
  done = co_await retuner_.apply(std::move(applications), deadline, stop_current_.get_token());
  if (stop_current_.stop_requested()) co_return refusal(intent, before, "the resize was called off", "");
  if (const auto* stuck = first_incomplete(done)) {
    const auto reason = fmt::format("{} could not make room: {}", stuck->instance.id, stuck->error);
    co_return refusal(intent, before, reason, stuck->instance.id);
  }
  if (auto refuse = co_await wait_until_free(intent, before, take, deadline)) co_return refuse;
  const auto online = co_await set_online(target.size.vcpus);
  if (online == 0 || online > target.size.vcpus.value) {
    auto refuse = refusal(intent, before, "the kernel did not park the vCPUs", "");
    refuse.vcpus_floor = before.size.vcpus.value;
    co_return refuse;
  }
  co_return std::nullopt;
}

asio::awaitable<std::optional<wire::Refuse>> GuestAgent::wait_until_free(wire::ResizeIntent intent, GuestShare before,
                                                                         Bytes take, Instant deadline) {
  if (take == Bytes{}) co_return std::nullopt;
  const std::function<Result<MemoryLoad>()> weigh = [this] { return system_.memory(); };
  FreeWatch watch{times_.free_patience, clock_.now()};
  for (;;) {
    const auto memory = co_await pool_.run<Result<MemoryLoad>>(weigh);
    if (!memory || !memory->available)
      co_return refusal(intent, before, "the kernel does not tell how much memory is available", "");
    const auto verdict = can_give(*memory->available, take, before.size.memory);
    if (verdict.enough) co_return std::nullopt;
    const auto now = clock_.now();
    const bool over = now + times_.poll >= deadline || stop_current_.stop_requested();
    if (over || watch.hopeless(*memory->available, now)) {
      auto refuse = refusal(intent, before, verdict.reason, "");
      refuse.memory_floor_bytes = verdict.floor.count();
      co_return refuse;
    }
    co_await pause(times_.poll * 5);
  }
}

}  // namespace dynascale::agent
