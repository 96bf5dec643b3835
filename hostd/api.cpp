/// The daemon's local API: who may ask what, and the answers.
///   GET  /v1/status                    the host and every guest
///   GET  /v1/host                      the host: capacity, granted, in flight, pressure, scale-out events
///   GET  /v1/guests/NAME               one guest with decisions and resizes
///   POST /v1/guests/NAME/pause|resume  hold and release
///   GET  /metrics                      for Prometheus
/// history_api.hpp and policy_api.hpp answer what has to wait.

#include <unistd.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "hostd/daemon.hpp"
#include "hostd/describe_json.hpp"
#include "hostd/provisioning_json.hpp"
#include "hostd/query.hpp"

namespace dynascale::hostd {
namespace {

namespace json = boost::json;
constexpr std::string_view guests_prefix = "/v1/guests/";

HttpReply error_reply(unsigned status, const std::string& what) {
  return {status, json::serialize(json::object{{"error", what}})};
}

}  // namespace

HttpReply Daemon::answer(const HttpRequest& request) {
  const auto path = request.target.substr(0, request.target.find('?'));
  const bool reads = request.method == "GET";
  if (!reads && request.method != "POST") return error_reply(405, "only GET and POST are answered");
  // The socket's mode says who may read; only root and the daemon's own user may change anything.
  if (!reads && request.peer.uid != 0 && request.peer.uid != ::geteuid())
    return error_reply(403, "only root may change guests");
  if (path == "/v1/status" && reads) return status_reply();
  if (path == "/metrics" && reads) return metrics_reply();
  if (path == "/v1/host" && reads) return host_reply();
  if (path.starts_with(guests_prefix)) return guest_reply(path.substr(guests_prefix.size()), request.method);
  return error_reply(404, "nothing here; try /v1/status");
}

json::object Daemon::host_status(const Moment& now) const {
  policy::ProvisioningDay vcpus;
  policy::ProvisioningDay memory;
  for (const auto& [id, entry] : guests_) {
    vcpus += entry->guest->provisioning().vcpus();
    memory += entry->guest->provisioning().memory();
  }
  auto host = host_json(host_, names(), now);
  host["last_day"] = provisioning_json(vcpus, memory);
  return host;
}

HttpReply Daemon::host_reply() const {
  auto host = host_status({services_.clock.now(), services_.clock.wall()});
  host["schema"] = 1;
  return {200, json::serialize(host)};
}

HttpReply Daemon::metrics_reply() const {
  std::vector<const Guest*> guests;
  for (const auto& [id, entry] : guests_) guests.push_back(entry->guest.get());
  std::optional<HistoryState> history;
  if (const auto* recorder = services_.history)
    history = HistoryState{.paused = recorder->paused().has_value(), .dropped = recorder->dropped()};
  return {200, metrics_.text(guests, host_, hypervisor_error_.empty(), history),
          "text/plain; version=0.0.4; charset=utf-8"};
}

json::object Daemon::history_status() const {
  const auto* recorder = services_.history;
  if (recorder == nullptr) return json::object{{"state", "off"}};
  json::object status{{"state", recorder->paused() ? "paused" : "recording"},
                      {"waiting", recorder->waiting()},
                      {"dropped", recorder->dropped()}};
  if (recorder->paused()) status["why"] = *recorder->paused();
  if (const auto retry = recorder->retry_in())
    status["retry_in_ms"] = std::chrono::duration_cast<std::chrono::milliseconds>(*retry).count();
  return status;
}

HttpReply Daemon::status_reply() const {
  const Moment now{services_.clock.now(), services_.clock.wall()};
  json::array guests;
  for (const auto& [id, entry] : guests_) {
    auto status = status_json(*entry->guest, now.steady);
    if (!entry->settings_error.empty()) status["policy_error"] = entry->settings_error;
    status["share"] = share_json(host_, id, entry->guest->settings().shares, now);
    guests.push_back(std::move(status));
  }
  json::array undescribed;
  for (const auto& [id, error] : undescribed_)
    undescribed.push_back(json::object{{"uuid", id.uuid}, {"error", error}});
  const auto up = std::chrono::duration_cast<std::chrono::seconds>(services_.clock.wall() - started_).count();
  json::object status{{"schema", 1},
                      {"uptime_s", up},
                      {"hypervisor_error", hypervisor_error_},
                      {"host", host_status(now)},
                      {"history", history_status()},
                      {"guests", std::move(guests)},
                      {"unreadable_guests", std::move(undescribed)}};
  return {200, json::serialize(status)};
}

HttpReply Daemon::guest_reply(const std::string& path, const std::string& method) {
  const auto slash = path.find('/');
  const auto name = percent_decoded(path.substr(0, slash));
  const auto action = slash == std::string::npos ? "" : path.substr(slash + 1);
  Guest* guest = find(name);
  if (guest == nullptr) return error_reply(404, "no running guest is called '" + name + "'; see dynascalectl status");
  if (method == "GET" && action.empty()) {
    auto explained = explain_json(*guest, services_.clock.now());
    explained["schema"] = 1;
    explained["share"] = share_json(host_, guest->description().id, guest->settings().shares,
                                    {services_.clock.now(), services_.clock.wall()});
    return {200, json::serialize(explained)};
  }
  if (method == "POST" && (action == "pause" || action == "resume")) {
    guest->pause(action == "pause");
    return {200, json::serialize(json::object{{"name", name}, {"paused", guest->paused()}})};
  }
  return error_reply(404, "a guest knows GET, POST pause and POST resume");
}

}  // namespace dynascale::hostd
