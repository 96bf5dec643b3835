#include "agent/guest_agent.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "agent/shrink_check.hpp"

namespace dynascale::agent {
namespace {

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;

VcpuCount count_of(std::size_t number) {
  return VcpuCount{static_cast<std::uint16_t>(std::min<std::size_t>(number, 65535))};
}

GuestShare share_of(const wire::ResizeIntent& intent) {
  return {{count_of(intent.vcpus), Bytes::of(intent.memory_bytes)},
          Bytes::of(intent.memory_floor_bytes),
          Bytes::of(intent.memory_ceiling_bytes),
          count_of(intent.vcpus_ceiling)};
}

wire::Retuned message_of(std::uint64_t resize_id, const Retuning& retuning) {
  wire::Retuned message;
  message.resize_id = resize_id;
  message.application = retuning.instance.id;
  for (const auto& outcome : retuning.outcomes) {
    message.before[outcome.change.setting] = outcome.change.from;
    message.after[outcome.change.setting] = outcome.achieved;
  }
  message.result = to_string(retuning.result);
  message.error = retuning.error;
  message.duration_ms = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(retuning.duration).count());
  return message;
}

}  // namespace

GuestAgent::GuestAgent(asio::any_io_executor executor, GuestSystem& system, Retuner& retuner, const Clock& clock,
                       OffloadPool& pool, Log& log, AgentTimes times)
    : system_{system},
      retuner_{retuner},
      clock_{clock},
      pool_{pool},
      log_{log},
      times_{times},
      wake_{executor},
      pause_{executor} {}

void GuestAgent::wake() {
  woken_ = true;
  wake_.cancel();
}

void GuestAgent::handle(const wire::Message& message) {
  if (const auto* intent = std::get_if<wire::ResizeIntent>(&message)) {
    next_ = *intent;
    stop_current_.request_stop();
    pause_.cancel();
    wake();
  } else if (const auto* done = std::get_if<wire::ResizeDone>(&message)) {
    take_done(*done);
  } else if (const auto* abort = std::get_if<wire::ResizeAbort>(&message)) {
    take_abort(*abort);
  }
}

void GuestAgent::take_done(const wire::ResizeDone& done) {
  const Size after{count_of(done.vcpus), Bytes::of(done.memory_bytes)};
  const bool settles = prepared_ && prepared_->id == done.id;
  if (settles) {
    if (shrunk_) shrunk_(prepared_->size, after);
    prepared_.reset();
  }
  GuestShare share = told_.value_or(GuestShare{});
  share.size = after;
  const bool changed = !told_ || told_->size != share.size;
  told_ = share;
  if (changed || settles) topology_changed();
}

void GuestAgent::take_abort(const wire::ResizeAbort& abort) {
  if (next_ && next_->id == abort.id) next_.reset();
  if (current_id_ == abort.id) stop_current_.request_stop();
  abort_ = abort;
  pause_.cancel();
  wake();
}

void GuestAgent::topology_changed() {
  look_again_ = true;
  wake();
}

void GuestAgent::host_lost() {
  if (!told_) return;
  told_.reset();
  topology_changed();
}

asio::awaitable<void> GuestAgent::pause(Duration duration) {
  boost::system::error_code ignored;
  auto token = asio::redirect_error(asio::use_awaitable, ignored);
  pause_.expires_after(duration);
  co_await pause_.async_wait(token);
}

asio::awaitable<void> GuestAgent::wait_for_work() {
  if (!woken_) {
    Instant until = clock_.now() + times_.reconcile_every;
    if (prepared_) until = std::min(until, prepared_->expires);
    boost::system::error_code ignored;
    auto token = asio::redirect_error(asio::use_awaitable, ignored);
    wake_.expires_at(until);
    co_await wake_.async_wait(token);
  }
  woken_ = false;
}

asio::awaitable<void> GuestAgent::run() {
  for (;;) {
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return;
    stop_current_ = std::stop_source{};
    co_await give_back_if_due();
    abort_.reset();
    if (next_) {
      const wire::ResizeIntent intent = *std::exchange(next_, std::nullopt);
      current_id_ = intent.id;
      const bool smaller = co_await is_shrink(intent);
      if (smaller)
        co_await shrink(intent);
      else
        co_await grow(intent);
      current_id_ = 0;
    } else if (!prepared_) {  // What was agreed stands until the host's word: nothing grows into it.
      const bool changed = std::exchange(look_again_, false);
      if (changed) co_await pause(times_.debounce);
      if (!next_) co_await reconcile(changed);
    }
    co_await wait_for_work();
  }
}

asio::awaitable<std::size_t> GuestAgent::set_online(VcpuCount count) {
  const std::function<Result<std::vector<VcpuIndex>>()> act = [this, count] { return system_.set_online(count); };
  const auto online = co_await pool_.run<Result<std::vector<VcpuIndex>>>(act);
  if (online) {
    const auto before = std::exchange(measured_.vcpus, count_of(online->size()));
    if (changed_ && before != measured_.vcpus) changed_();
    co_return online->size();
  }
  log_.warning("vCPUs cannot be brought online or parked", {{"wanted", count.value}, {"error", online.error().what}});
  co_return 0;
}

asio::awaitable<std::size_t> GuestAgent::bring_online(wire::ResizeIntent intent, Instant deadline) {
  for (;;) {
    const auto online = co_await set_online(count_of(intent.vcpus));
    if (online >= intent.vcpus || next_ || stop_current_.stop_requested() || clock_.now() >= deadline) co_return online;
    co_await pause(times_.poll);
  }
}

asio::awaitable<std::vector<Application>> GuestAgent::survey(GuestShare machine, Instant deadline) {
  const auto share = co_await usable(machine);
  co_return co_await retuner_.survey(share, deadline);
}

asio::awaitable<void> GuestAgent::grow(wire::ResizeIntent intent) {
  const Instant deadline = clock_.now() + std::chrono::milliseconds{intent.deadline_ms};
  const Instant until = std::max(deadline, clock_.now() + times_.retune_limit);
  const bool more_memory = !told_ || told_->size.memory < Bytes::of(intent.memory_bytes);
  told_ = share_of(intent);
  prepared_.reset();
  log_.info("growing", {{"resize", intent.id}, {"vcpus", intent.vcpus}, {"memory_bytes", intent.memory_bytes}});
  if (more_memory) {
    const std::function<Result<unsigned>()> add_memory = [this] { return system_.online_memory(); };
    const auto blocks = co_await pool_.run<Result<unsigned>>(add_memory);
    if (!blocks) log_.warning("memory cannot be brought online", {{"error", blocks.error().what}});
  }
  // The kernel takes a while to start a processor; meanwhile this one looks at who is to follow.
  const auto both = co_await (bring_online(intent, deadline) && retuner_.find());
  const auto& [online, found] = both;
  if (stop_current_.stop_requested()) co_return;
  if (more_memory || online != intent.vcpus) co_return co_await settle(intent.id, until);
  const auto machine = of_kernel(measured_);
  const auto share = co_await usable(machine);
  auto recalled = co_await retuner_.recall(share, found);
  if (!recalled) co_return co_await settle(intent.id, until);
  co_await make_fit(intent.id, std::move(*recalled), machine, until);
  topology_changed();
}

asio::awaitable<void> GuestAgent::shrink(wire::ResizeIntent intent) {
  const Duration host_waits = std::chrono::milliseconds{intent.deadline_ms};
  const Instant host_deadline = clock_.now() + host_waits;
  const Instant deadline = clock_.now() + answer_time(host_waits);
  const GuestShare before = co_await measured_share();
  log_.info("making room", {{"resize", intent.id}, {"vcpus", intent.vcpus}, {"memory_bytes", intent.memory_bytes}});
  Prepared prepared;
  prepared.id = intent.id;
  prepared.online = before.size.vcpus;
  prepared.told = told_;
  const Bytes own = host_memory(before);
  prepared.size = {before.size.vcpus, own};
  const Bytes take = saturating_sub(own, Bytes::of(intent.memory_bytes));
  auto refusal = co_await make_room(intent, before, take, prepared.done, deadline);
  report(intent.id, prepared.done);
  if (refusal) {
    // The floor was found in the kernel's terms; the host reckons in its own.
    refusal->memory_floor_bytes += saturating_sub(own, before.size.memory).count();
    log_.info("shrink refused", {{"resize", intent.id}, {"reason", refusal->reason}, {"holder", refusal->holder}});
    co_await roll_back(std::move(prepared));
    send_(*refusal);
    co_return;
  }
  told_ = share_of(intent);
  prepared.expires = host_deadline + times_.settle_grace;
  prepared_ = std::move(prepared);
  const std::function<Result<Topology>()> look = [this] { return system_.topology(); };
  const std::function<Result<MemoryLoad>()> weigh = [this] { return system_.memory(); };
  const auto topology = co_await pool_.run<Result<Topology>>(look);
  const auto memory = co_await pool_.run<Result<MemoryLoad>>(weigh);
  wire::Ready ready;
  ready.id = intent.id;
  if (topology)
    for (const auto index : topology->online) ready.vcpus_online.push_back(index.value);
  if (memory && memory->available) ready.memory_available_bytes = memory->available->count();
  send_(ready);
}

void GuestAgent::report(std::uint64_t resize_id, const std::vector<Retuning>& done) {
  for (const auto& retuning : done) {
    const auto message = message_of(resize_id, retuning);
    log_.write(retuning.error.empty() ? LogLevel::info : LogLevel::warning, "application retuned",
               {{"application", message.application},
                {"result", message.result},
                {"error", message.error},
                {"duration_ms", message.duration_ms}});
    send_(message);
  }
}

}  // namespace dynascale::agent
