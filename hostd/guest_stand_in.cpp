/// What is known of a guest, and how qemu-guest-agent is asked where our agent is not there.

#include <boost/asio/use_awaitable.hpp>

#include "hostd/guest.hpp"

namespace dynascale::hostd {

namespace asio = boost::asio;

plan::Facts Guest::facts() const {
  const auto now = services_.clock.now();
  auto facts = facts_of(description_, read_, report_, now);
  if (!facts.agent && may_stand_in()) facts.stand_in = stand_in_.facts(facts.plugged, now);
  return facts;
}

/// Only where our agent is not there, and has had its time to come or to come back.
bool Guest::may_stand_in() const {
  if (!description_.has_guest_agent || agent_expected()) return false;
  return !agent_ || (agent_left_ && services_.clock.now() - *agent_left_ >= agent_grace);
}

std::string Guest::stand_in_text() const {
  if (!may_stand_in()) return "";
  if (!stand_in_.problem().empty()) return "qemu-guest-agent cannot stand in for the agent: " + stand_in_.problem();
  if (!facts().stand_in) return "";
  return "no agent: qemu-guest-agent brings vCPUs online and parks them; memory is taken where libvirt sees it unused";
}

/// Asks what is online in the guest, after telling it how much is to be.
asio::awaitable<Status> Guest::ask_stand_in(std::optional<VcpuCount> online) {
  if (!may_stand_in()) co_return fail(Errc::unavailable, "qemu-guest-agent is not to be used now");
  const auto id = description_.id;
  auto& hypervisor = services_.hypervisor;
  const std::function<Result<GuestVcpus>()> ask = [&hypervisor, id, online] {
    return online ? hypervisor.set_guest_vcpus(id, *online) : hypervisor.guest_vcpus(id);
  };
  auto answer = co_await services_.calls.run<Result<GuestVcpus>>(id, lane(), ask);
  const bool known = stand_in_.problem().empty();
  if (may_stand_in()) stand_in_.take(answer, services_.clock.now());
  if (answer) co_return Status{};
  if (known) services_.log.warning("qemu-guest-agent is of no use", {{"guest", description_.name},
                                                                   {"error", answer.error().what}});
  co_return tl::unexpected(answer.error());
}

}  // namespace dynascale::hostd
