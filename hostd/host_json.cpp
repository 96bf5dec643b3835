#include "hostd/host_json.hpp"

#include <boost/json/array.hpp>
#include <chrono>

namespace dynascale::hostd {
namespace {

namespace json = boost::json;
using arbiter::Amounts;
using arbiter::Resource;

json::object amounts_json(const Amounts& amounts) {
  return json::object{{"vcpus", amounts.vcpus}, {"memory_bytes", amounts.memory}};
}

std::int64_t ms(Duration duration) { return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count(); }

std::int64_t wall_ms(Instant at, const Moment& now) {
  const auto wall = std::chrono::duration_cast<std::chrono::milliseconds>(now.wall.time_since_epoch()).count();
  return wall - ms(now.steady - at);
}

json::object pressure_json(const HostArbiter& host) {
  const auto& state = host.arbiter().host();
  json::object pressure{{"known", host.load().has_value()},
                        {"stale", state.stale},
                        {"memory", arbiter::to_string(state.memory)},
                        {"memory_why", state.memory_why},
                        {"cpus", state.cpus == arbiter::Room::yes ? "room" : "bottleneck"},
                        {"cpus_why", state.cpus_why}};
  if (!host.load()) return pressure;
  const auto& load = *host.load();
  if (load.memory_available) pressure["memory_available_bytes"] = load.memory_available->count();
  if (load.memory_pressure) pressure["memory_pressure_percent"] = load.memory_pressure->some_avg10.as_percent();
  if (load.cpu_pressure) pressure["cpu_pressure_percent"] = load.cpu_pressure->some_avg10.as_percent();
  if (load.vcpu_delay) pressure["vcpu_delay_percent"] = load.vcpu_delay->as_percent();
  return pressure;
}

}  // namespace

json::object event_json(const arbiter::ScaleOutEvent& event, const GuestNames& names, const Moment& now) {
  json::object entry{{"number", event.number},
                     {"state", event.cleared ? "cleared" : "raised"},
                     {"cause", arbiter::to_string(event.cause)},
                     {"text", event.text},
                     {"since_ms", wall_ms(event.since, now)},
                     {"raised_ms", wall_ms(event.raised, now)}};
  if (event.cleared) entry["cleared_ms"] = wall_ms(*event.cleared, now);
  if (event.guest.empty()) return entry;
  entry["uuid"] = event.guest;
  const auto name = names.find(event.guest);
  if (name != names.end()) entry["guest"] = name->second;
  return entry;
}

json::object host_json(const HostArbiter& host, const GuestNames& names, const Moment& now) {
  const auto& arbiter = host.arbiter();
  const auto& ledger = arbiter.ledger();
  json::array events;
  for (const auto& event : arbiter.scale_out().history()) events.push_back(event_json(event, names, now));
  return json::object{
      {"cpus", arbiter.capacity().cpus},
      {"memory_bytes", arbiter.capacity().memory.count()},
      {"reserve_cpus", arbiter.config().reserve_cpus},
      {"reserve_memory_bytes", arbiter.config().reserve_memory.count()},
      {"limit", amounts_json(ledger.limit())},
      {"granted", amounts_json(ledger.committed())},
      {"free", amounts_json({ledger.free(Resource::vcpus), ledger.free(Resource::memory)})},
      {"in_flight_guests", ledger.flights()},
      {"in_flight", amounts_json({ledger.moving(Resource::vcpus), ledger.moving(Resource::memory)})},
      {"waiting_guests", arbiter.waiting().size()},
      {"asked_guests", arbiter.orders().size()},
      {"pressure", pressure_json(host)},
      {"scale_out", std::move(events)}};
}

json::object share_json(const HostArbiter& host, const GuestId& guest, unsigned shares, const Moment& now) {
  const auto& arbiter = host.arbiter();
  json::object share{{"shares", shares}, {"granted", amounts_json(arbiter.ledger().committed(guest.uuid))}};
  const auto standing = arbiter.standings().find(guest.uuid);
  if (standing != arbiter.standings().end()) {
    share["entitled"] = amounts_json(standing->second.entitled);
    if (standing->second.credit != Amounts{}) share["gave"] = amounts_json(standing->second.credit);
    if (standing->second.refused) share["refused_ms"] = wall_ms(*standing->second.refused, now);
  }
  const auto waiting = arbiter.waiting().find(guest.uuid);
  if (waiting != arbiter.waiting().end())
    share["waiting"] = json::object{{"wanted", amounts_json(waiting->second.wanted)},
                                    {"since_ms", wall_ms(waiting->second.since, now)},
                                    {"urgent", waiting->second.urgent},
                                    {"why", waiting->second.why}};
  if (const auto* order = arbiter.order_for(guest.uuid)) {
    json::object asked{{"why", order->reason.text}};
    if (order->vcpus) asked["vcpus"] = *order->vcpus;
    if (order->memory) asked["memory_bytes"] = *order->memory;
    share["asked_to_give"] = std::move(asked);
  }
  return share;
}

}  // namespace dynascale::hostd
