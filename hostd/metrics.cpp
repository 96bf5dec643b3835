#include "hostd/metrics.hpp"

#include <functional>
#include <optional>

namespace dynascale::hostd {
namespace {

using Kind = MetricsText::Kind;

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

std::string direction_of(const ResizeRecord& resize) {
  const bool grows = resize.target.vcpus > resize.from.vcpus || resize.target.memory > resize.from.memory;
  return grows ? "grow" : "shrink";
}

void host_families(MetricsText& out, const HostArbiter& host) {
  const auto& arbiter = host.arbiter();
  const auto& ledger = arbiter.ledger();
  using arbiter::Resource;
  const auto both = [&](const char* what, const char* help, const std::function<arbiter::Amount(Resource)>& amount) {
    out.family(std::string{"dynascale_host_vcpus_"} + what, Kind::gauge, help);
    out.sample({}, static_cast<double>(amount(Resource::vcpus)));
    out.family(std::string{"dynascale_host_memory_"} + what + "_bytes", Kind::gauge, help);
    out.sample({}, static_cast<double>(amount(Resource::memory)));
  };
  both("limit", "What all guests together may have.", [&](Resource r) { return ledger.limit()[r]; });
  both("granted", "What guests have and are permitted.", [&](Resource r) { return ledger.committed()[r]; });
  both("in_flight", "On its way to or from guests.", [&](Resource r) { return ledger.moving(r); });
  const auto gauge = [&](const char* name, const char* help, double value) {
    out.family(name, Kind::gauge, help);
    out.sample({}, value);
  };
  gauge("dynascale_host_guests_in_flight", "Guests that change now.", ledger.flights());
  gauge("dynascale_host_guests_waiting", "Guests that wait for the host.",
        static_cast<double>(arbiter.waiting().size()));
  gauge("dynascale_host_memory_level", "0 calm, 1 tight, 2 scarce, 3 critical.",
        static_cast<double>(arbiter.host().memory));
  gauge("dynascale_host_cpus_bottleneck", "1 while more vCPUs would help nobody.",
        arbiter.host().cpus == arbiter::Room::no ? 1 : 0);
  out.family("dynascale_scale_out_active", Kind::gauge, "Announced needs that this host cannot meet.");
  std::map<std::string, double> active;
  for (const auto cause : {arbiter::Cause::ceiling, arbiter::Cause::host_full, arbiter::Cause::host_cpus,
                           arbiter::Cause::host_memory})
    active[std::string{arbiter::to_string(cause)}] = 0;
  for (const auto& event : arbiter.scale_out().history())
    if (!event.cleared) ++active[std::string{arbiter::to_string(event.cause)}];
  for (const auto& [cause, count] : active) out.sample({{"cause", cause}}, count);
}

void guest_families(MetricsText& out, const std::vector<const Guest*>& guests, const HostArbiter& host) {
  const auto each = [&](const char* name, const char* help,
                        const std::function<std::optional<double>(const Guest&)>& value) {
    out.family(name, Kind::gauge, help);
    for (const auto* guest : guests)
      if (const auto known = value(*guest)) out.sample({{"guest", guest->description().name}}, *known);
  };
  const auto count = [](Bytes bytes) { return static_cast<double>(bytes.count()); };
  const auto entitled = [&](const Guest& guest) {
    const auto found = host.arbiter().standings().find(guest.description().id.uuid);
    return found == host.arbiter().standings().end() ? std::nullopt : std::optional{found->second.entitled};
  };
  each("dynascale_guest_vcpus", "vCPUs in use by the guest.",
       [](const Guest& g) { return double{1} * plan::size_of(g.facts()).vcpus.value; });
  each("dynascale_guest_vcpus_plugged", "vCPUs plugged, parked ones too.",
       [](const Guest& g) { return double{1} * g.facts().plugged.value; });
  each("dynascale_guest_vcpus_busy", "CPU time used per second.",
       [](const Guest& g) { return g.sample().cpu.busy_vcpus; });
  each("dynascale_guest_vcpus_entitled", "The guest's part of the host.", [&](const Guest& g) {
    const auto part = entitled(g);
    return part ? std::optional{static_cast<double>(part->vcpus)} : std::nullopt;
  });
  each("dynascale_guest_memory_bytes", "Memory that the guest has.",
       [&](const Guest& g) { return count(plan::size_of(g.facts()).memory); });
  each("dynascale_guest_memory_available_bytes", "Of it, available for new work.",
       [&](const Guest& g) -> std::optional<double> {
         const auto available = g.sample().memory.available;
         return available ? std::optional{count(*available)} : std::nullopt;
       });
  each("dynascale_guest_memory_entitled_bytes", "The guest's part of the host.", [&](const Guest& g) {
    const auto part = entitled(g);
    return part ? std::optional{static_cast<double>(part->memory)} : std::nullopt;
  });
  each("dynascale_guest_agent_connected", "1 while the agent reports.",
       [](const Guest& g) { return g.agent() && g.report() ? 1.0 : 0.0; });
  each("dynascale_guest_waiting", "1 while the guest waits for the host.", [&](const Guest& g) {
    return host.arbiter().waiting().contains(g.description().id.uuid) ? 1.0 : 0.0;
  });
}

/// Gauges, for they are sums over a window that moves: of the last day, or less after a start.
void provisioning_families(MetricsText& out, const std::vector<const Guest*>& guests) {
  using policy::ProvisioningDay;
  const auto each = [&](const std::string& name, const char* help,
                        const std::function<std::optional<double>(const ProvisioningDay&)>& value) {
    const auto family = [&](const char* unit, const char* of, double scale, auto&& day_of) {
      out.family("dynascale_guest_" + std::string{unit} + name, Kind::gauge, std::string{of} + help);
      for (const auto* guest : guests) {
        const ProvisioningDay& day = day_of(*guest);
        const auto known = day.known_hours > 0 ? value(day) : std::nullopt;
        if (known) out.sample({{"guest", guest->description().name}}, *known / scale);
      }
    };
    family("vcpu", "vCPU-hours ", 1, [](const Guest& g) -> decltype(auto) { return g.provisioning().vcpus(); });
    family("memory_gib", "GiB-hours ", static_cast<double>(Bytes::gib(1).count()),
           [](const Guest& g) -> decltype(auto) { return g.provisioning().memory(); });
  };
  each("_hours_had", "that the guest had in the last day.", [](const auto& day) { return day.had; });
  each("_hours_over_demand", "of them above demand.", [](const auto& day) { return day.over; });
  each("_hours_unserved", "of demand above what it had.", [](const auto& day) { return day.unserved; });
  each("_hours_cost", "had, unserved demand at its price, and resizes.", [](const auto& day) { return day.cost; });
  each("_hours_cost_in_hindsight", "the same of the cheapest sizes in hindsight.",
       [](const auto& day) { return day.hindsight; });
}

void history_families(MetricsText& out, const HistoryState& history) {
  out.family("dynascale_history_paused", Kind::gauge, "1 while the record of the past is not written.");
  out.sample({}, history.paused ? 1 : 0);
  out.family("dynascale_history_dropped_total", Kind::counter, "Entries of the record that were given up.");
  out.sample({}, static_cast<double>(history.dropped));
}

}  // namespace

void Metrics::resized(const std::string& guest, const ResizeRecord& resize) {
  if (resize.finished && (endings_.contains(guest) || endings_.size() < max_guests))
    ++endings_[guest][std::string{to_string(resize.finished->ending)}];
  const auto direction = direction_of(resize);
  if (resize.signalled) reaction_[direction].observe(seconds(resize.started.steady - resize.signalled->steady));
  for (const auto& step : resize.steps)
    if (step.step.state == plan::LinkState::reached)
      links_[{direction, std::string{to_string(step.step.link)}}].observe(
          seconds(step.at.steady - resize.started.steady));
}

std::string Metrics::text(const std::vector<const Guest*>& guests, const HostArbiter& host,
                          bool hypervisor_answers, const std::optional<HistoryState>& history) const {
  MetricsText out;
  out.family("dynascale_build_info", Kind::gauge, "Always 1.");
  out.sample({{"version", DYNASCALE_VERSION}}, 1);
  out.family("dynascale_hypervisor_up", Kind::gauge, "1 while libvirt answers.");
  out.sample({}, hypervisor_answers ? 1 : 0);
  host_families(out, host);
  if (history) history_families(out, *history);
  guest_families(out, guests, host);
  provisioning_families(out, guests);
  out.family("dynascale_resizes_total", Kind::counter, "Resizes that ended, by how.");
  for (const auto& [guest, endings] : endings_)
    for (const auto& [ending, count] : endings)
      out.sample({{"guest", guest}, {"ending", ending}}, static_cast<double>(count));
  out.family("dynascale_reaction_seconds", Kind::histogram, "From the load that was seen to the request.");
  for (const auto& [direction, histogram] : reaction_) out.histogram({{"direction", direction}}, histogram);
  out.family("dynascale_link_seconds", Kind::histogram, "From the request until a link of the chain was reached.");
  for (const auto& [key, histogram] : links_)
    out.histogram({{"direction", key.direction}, {"link", key.link}}, histogram);
  return out.text();
}

}  // namespace dynascale::hostd
