/// The agent's work without a host's word: applications follow what the kernel shows, and come back to it.

#include <algorithm>

#include "agent/guest_agent.hpp"

namespace dynascale::agent {
namespace {

namespace asio = boost::asio;

bool holds(const Retuning& retuning) {
  return retuning.result == RetuneResult::verified || retuning.result == RetuneResult::unchanged;
}

bool all_readable(const std::vector<Application>& applications) {
  return std::ranges::none_of(applications, [](const Application& one) { return one.unreadable.has_value(); });
}

}  // namespace

asio::awaitable<void> GuestAgent::give_back_if_due() {
  const bool aborted = abort_ && prepared_ && prepared_->id == abort_->id;
  const bool expired = prepared_ && clock_.now() >= prepared_->expires;
  if (!aborted && !expired) co_return;
  if (!aborted)
    log_.warning("the host did not confirm a shrink; giving everything back", {{"resize", prepared_->id}});
  Prepared prepared = std::move(*std::exchange(prepared_, std::nullopt));
  co_await roll_back(std::move(prepared));
}

asio::awaitable<void> GuestAgent::roll_back(Prepared prepared) {
  const Instant deadline = clock_.now() + times_.retune_limit;
  told_ = prepared.told;
  co_await set_online(prepared.online);
  pace_.applications_changed();
  const auto undone = co_await retuner_.undo(std::move(prepared.done), deadline);
  report(prepared.id, undone);
  if (changed_) changed_();
}

asio::awaitable<void> GuestAgent::settle(std::uint64_t resize_id, Instant deadline) {
  const auto machine = co_await measured_share();
  auto applications = co_await survey(machine, deadline);
  co_await make_fit(resize_id, std::move(applications), machine, deadline);
}

asio::awaitable<void> GuestAgent::make_fit(std::uint64_t resize_id, std::vector<Application> planned,
                                           GuestShare machine, Instant deadline) {
  bool settled = all_readable(planned);
  const auto done = co_await retuner_.apply(std::move(planned), deadline, stop_current_.get_token());
  report(resize_id, done);
  settled = settled && std::ranges::all_of(done, holds);
  if (!done.empty()) {
    // What the report shows is what was read back, so read again after a change.
    co_await survey(machine, deadline);
    if (changed_) changed_();
  }
  pace_.surveyed(clock_.now(), settled);
}

asio::awaitable<void> GuestAgent::reconcile(bool topology_changed) {
  bool due = topology_changed || pace_.due(clock_.now());
  if (due && !topology_changed) system_.look_afresh();
  if (!due) {
    const bool same = co_await retuner_.same_applications();
    if (!same) pace_.applications_changed();
    due = !same;
  }
  const Instant deadline = clock_.now() + times_.retune_limit;
  if (due) co_await settle(0, deadline);
  if (!at_rest_ || next_) co_return;
  const auto restarted = co_await at_rest_();
  report(0, restarted);
  if (restarted.empty()) co_return;
  const Instant until = clock_.now() + times_.retune_limit;
  co_await settle(0, until);
}

}  // namespace dynascale::agent
