/// Carrying out: the resize machine's commands, one at a time, on threads.

#include <fmt/format.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "hostd/guest.hpp"

namespace dynascale::hostd {

namespace asio = boost::asio;

GuestCalls::Lane Guest::lane() const {
  const bool heard = heard_ && services_.clock.now() - *heard_ <= report_lifetime;
  return heard ? GuestCalls::Lane::heard : GuestCalls::Lane::silent;
}

asio::awaitable<void> Guest::wait_for_work() {
  const auto deadline = machine_.next_deadline();
  wake_.expires_at(deadline.value_or(asio::steady_timer::time_point::max()));
  boost::system::error_code ignored;
  auto token = asio::redirect_error(asio::use_awaitable, ignored);
  co_await wake_.async_wait(token);
}

asio::awaitable<void> Guest::run() {
  for (;;) {
    if (commands_.empty()) co_await wait_for_work();
    if (commands_.empty()) {
      if (to_keep_) co_await write_held_size();
      if (may_stand_in() && stand_in_.due(services_.clock.now())) (void)co_await ask_stand_in(std::nullopt);
      const auto deadline = machine_.next_deadline();
      if (deadline && services_.clock.now() >= *deadline) feed(plan::Tick{});
      continue;
    }
    plan::Command command = std::move(commands_.front());
    commands_.pop_front();
    const auto id = command.id;
    auto status = co_await carry_out(std::move(command));
    feed(plan::CommandEnded{id, std::move(status)});
  }
}

asio::awaitable<Status> Guest::carry_out(plan::Command command) {
  const auto id = description_.id;
  auto& hypervisor = services_.hypervisor;
  if (const auto* message = std::get_if<plan::SendMessage>(&command.action)) {
    if (channel_ == nullptr || !channel_->connected())
      co_return fail(Errc::unavailable, "the agent's channel is not connected");
    channel_->send(message->message);
    co_return Status{};
  }
  if (std::holds_alternative<plan::ReadTruth>(command.action)) co_return co_await read_truth();
  if (const auto* set = std::get_if<plan::SetOnline>(&command.action)) {
    const std::optional online = set->count;
    co_return co_await ask_stand_in(online);
  }
  std::function<Status()> work;
  if (const auto* plug = std::get_if<plan::PlugVcpus>(&command.action))
    work = [&hypervisor, id, count = plug->count] { return hypervisor.plug_vcpus(id, count); };
  else if (const auto* unplug = std::get_if<plan::UnplugVcpus>(&command.action))
    work = [&hypervisor, id, count = unplug->count] { return hypervisor.unplug_vcpus(id, count); };
  else if (const auto* balloon = std::get_if<plan::SetBalloon>(&command.action))
    work = [&hypervisor, id, target = balloon->target] { return hypervisor.set_balloon(id, target); };
  else if (const auto* memory = std::get_if<plan::SetVirtioMem>(&command.action))
    work = [&hypervisor, id, device = *memory] {
      return hypervisor.set_virtio_mem(id, device.alias, device.requested);
    };
  auto status = co_await services_.calls.run<Status>(id, lane(), std::move(work));
  if (!status)
    services_.log.warning("the hypervisor did not do it", {{"guest", description_.name},
                                                           {"code", to_string(status.error().code)},
                                                           {"error", status.error().what}});
  co_return status;
}

void Guest::take_description(GuestDescription description) {
  description_ = std::move(description);
  read_ = services_.clock.now();
}

/// What is done while the guest is to stay as it is.
void Guest::rest(Instant now) {
  if (const auto held = plan::keep_due(keeping_, state_.current, settings_.resize.persist_after, now)) {
    to_keep_ = held;
    wake();
  }
  unplug_parked(now);
}

void Guest::unplug_parked(Instant now) {
  const auto count = plan::unplug_due(parking_, facts(), settings_.resize.unplug_after, now);
  if (!count) return;
  const auto parked = std::chrono::duration_cast<std::chrono::minutes>(now - parking_.since).count();
  auto why = fmt::format("{} vCPUs have been parked for {} min", facts().plugged.value - count->value, parked);
  gives_ = false;
  record_.started(moment(), std::nullopt, state_.current, state_.current, why);
  feed(plan::Unplug{*count, std::move(why)});
}

asio::awaitable<void> Guest::write_held_size() {
  const auto id = description_.id;
  const auto size = *to_keep_;
  to_keep_.reset();
  auto& hypervisor = services_.hypervisor;
  const std::function<Status()> work = [&hypervisor, id, size] { return hypervisor.keep_size(id, size); };
  const auto status = co_await services_.calls.run<Status>(id, lane(), work);
  if (status) co_return;
  plan::note_not_kept(keeping_, services_.clock.now());
  services_.log.warning("a size was not written into the configuration", {{"guest", description_.name},
                                                                           {"error", status.error().what}});
}

asio::awaitable<Status> Guest::read_truth() {
  const auto id = description_.id;
  auto& hypervisor = services_.hypervisor;
  const std::function<Result<GuestDescription>()> read = [&hypervisor, id] { return hypervisor.describe(id); };
  auto description = co_await services_.calls.run<Result<GuestDescription>>(id, lane(), read);
  if (!description) co_return tl::unexpected(description.error());
  take_description(std::move(*description));
  co_return Status{};
}

}  // namespace dynascale::hostd
