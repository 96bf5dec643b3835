#include "hostd/policy_api.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "core/config/guest_policy.hpp"
#include "hostd/libvirt/policy_metadata.hpp"
#include "hostd/policy_edit.hpp"
#include "hostd/query.hpp"

namespace dynascale::hostd {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

constexpr std::string_view guests_prefix = "/v1/guests/";

struct Path {
  std::string guest;
  bool check = false;  ///< Nothing is to be written.
};

std::optional<Path> path_of(std::string_view target) {
  const auto path = target.substr(0, target.find('?'));
  if (!path.starts_with(guests_prefix)) return std::nullopt;
  const auto rest = path.substr(guests_prefix.size());
  const auto slash = std::min(rest.find('/'), rest.size());
  const auto verb = rest.substr(slash);
  if (verb != "/policy" && verb != "/policy/check") return std::nullopt;
  return Path{percent_decoded(rest.substr(0, slash)), verb == "/policy/check"};
}

HttpReply reply_of(unsigned status, const json::object& body) {
  HttpReply reply;
  reply.status = status;
  reply.body = json::serialize(body);
  return reply;
}

HttpReply error_reply(unsigned status, const std::string& what) {
  return reply_of(status, json::object{{"error", what}});
}

std::string in_force(const GuestSettings& settings) {
  config::GuestPolicy policy;
  policy.policy = settings.policy;
  policy.resize = settings.resize;
  policy.shares = settings.shares;
  const auto& limits = settings.limits;
  policy.limits = {limits.vcpus_min, limits.vcpus_max, limits.memory_min, limits.memory_max};
  return config::to_toml(policy);
}

Result<PolicyChanges> changes_of(const json::object& set) {
  if (set.size() > max_policy_changes)
    return fail(Errc::invalid_argument, fmt::format("set: more than {} keys", max_policy_changes));
  PolicyChanges changes;
  for (const auto& [key, value] : set) {
    if (!value.is_string())
      return fail(Errc::invalid_argument, fmt::format("set: {} must be a text", std::string{key}));
    changes[key] = value.get_string();
  }
  return changes;
}

}  // namespace

bool PolicyApi::serves(const HttpRequest& request) { return path_of(request.target).has_value(); }

HttpReply PolicyApi::told(const Guest& guest) const {
  const auto& description = guest.description();
  json::object body{{"schema", 1},
                    {"name", description.name},
                    {"uuid", description.id.uuid},
                    {"xml", description.policy_xml},
                    {"in_force", in_force(guest.settings())}};
  const auto error = daemon_.settings_error(description.id);
  if (!error.empty()) body["error_in_xml"] = error;
  return reply_of(200, body);
}

Result<std::string> PolicyApi::wanted(const GuestDescription& guest, const std::string& body) const {
  boost::system::error_code error;
  const auto parsed = json::parse(body, error);
  const auto* object = error ? nullptr : parsed.if_object();
  const auto* xml = object == nullptr ? nullptr : object->if_contains("xml");
  const auto* set = object == nullptr ? nullptr : object->if_contains("set");
  if (xml != nullptr && object->size() == 1 && xml->is_string()) return std::string{xml->get_string()};
  if (set == nullptr || xml != nullptr || object->size() != 1 || !set->is_object())
    return fail(Errc::invalid_argument, R"(expected {"xml": "<policy …/>"} or {"set": {"vcpus.max": "8"}})");
  const auto changes = changes_of(set->get_object());
  if (!changes) return tl::unexpected(changes.error());
  auto edited = edit_policy(guest.policy_xml, *changes);
  if (edited.errors.empty()) return std::move(edited.xml);
  auto proposed = guest;
  proposed.policy_xml = edited.xml;
  const auto settings = settings_of_(proposed);  // Its mistakes belong to the answer, too.
  if (!settings && !edited.xml.empty()) edited.errors.push_back(settings.error().what);
  return fail(Errc::invalid_argument, fmt::format("{}", fmt::join(edited.errors, "\n")));
}

HttpReply PolicyApi::checked(GuestDescription guest, const std::string& xml) const {
  guest.policy_xml = xml;
  const auto settings = settings_of_(guest);
  if (!settings) return error_reply(400, settings.error().what);
  return reply_of(200, json::object{{"schema", 1},
                                    {"name", guest.name},
                                    {"uuid", guest.id.uuid},
                                    {"xml", xml},
                                    {"in_force", in_force(*settings)}});
}

std::function<Result<GuestDescription>()> PolicyApi::writing(const GuestId& guest, const std::string& xml) const {
  return [&hypervisor = hypervisor_, guest, xml]() -> Result<GuestDescription> {
    if (const auto written = hypervisor.set_policy(guest, xml); !written) return tl::unexpected(written.error());
    auto read = hypervisor.describe(guest);
    if (!read) return tl::unexpected(read.error());
    if (parse_policy(read->policy_xml).policy != parse_policy(xml).policy)
      return fail(Errc::unverified, "libvirt took the policy, and tells another one: " + read->policy_xml);
    return read;
  };
}

asio::awaitable<HttpReply> PolicyApi::answer(HttpRequest request) {
  const auto path = path_of(request.target).value_or(Path{});
  const auto* guest = daemon_.find(path.guest);
  if (guest == nullptr)
    co_return error_reply(404, fmt::format("no running guest is called '{}'; see dynascalectl status", path.guest));
  if (request.method == "GET" && !path.check) co_return told(*guest);
  if (request.method != "POST") co_return error_reply(405, "a policy knows GET and POST");
  if (!path.check && request.peer.uid != 0 && request.peer.uid != ::geteuid())
    co_return error_reply(403, "only root may change guests");
  const auto description = guest->description();
  const auto xml = wanted(description, request.body);
  if (!xml) co_return error_reply(400, xml.error().what);
  auto reply = checked(description, *xml);
  if (reply.status != 200 || path.check) co_return reply;
  const auto work = writing(description.id, *xml);
  const auto lane = guest->lane();
  auto written = co_await daemon_.calls().run<Result<GuestDescription>>(description.id, lane, work);
  if (!written) co_return error_reply(503, written.error().what);
  log_.info("policy set", {{"guest", description.name}, {"uid", request.peer.uid}, {"xml", written->policy_xml}});
  daemon_.take_description(std::move(*written));
  co_return reply;
}

}  // namespace dynascale::hostd
