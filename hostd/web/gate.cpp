#include "hostd/web/gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cctype>

#include "hostd/web/pages.hpp"

namespace dynascale::hostd {
namespace {

namespace json = boost::json;

HttpReply refused(unsigned status, const std::string& why) {
  return {status, json::serialize(json::object{{"error", why}})};
}

std::string lower(std::string_view text) {
  std::string out{text};
  std::ranges::transform(out, out.begin(),
                         [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return out;
}

/// "host:80" → "host"; "[::1]:80" → "[::1]".
std::string_view without_port(std::string_view host) {
  const auto bracket = host.rfind(']');
  const auto colon = host.rfind(':');
  const bool has_port = colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  return has_port ? host.substr(0, colon) : host;
}

std::string_view host_of_origin(std::string_view origin) {
  const auto slashes = origin.find("://");
  return slashes == std::string_view::npos ? std::string_view{} : origin.substr(slashes + 3);
}

/// Takes as long for a wrong token as for the right one.
bool same(std::string_view given, std::string_view wanted) {
  unsigned differs = given.size() == wanted.size() ? 0 : 1;
  for (std::size_t at = 0; at < wanted.size(); ++at) {
    const auto letter = at < given.size() ? given[at] : '\0';
    differs |= static_cast<unsigned char>(letter) ^ static_cast<unsigned char>(wanted[at]);
  }
  return differs == 0;
}

bool from_other_site(const HttpRequest& request) {
  return !request.fetch_site.empty() && request.fetch_site != "same-origin" && request.fetch_site != "none";
}

}  // namespace

Gate::Gate(GateRules rules) : rules_{std::move(rules)}, trusted_{rules_.burst}, others_{rules_.burst} {
  const bool v6 = rules_.address.find(':') != std::string::npos;
  std::vector<std::string> names = rules_.names;
  names.insert(names.end(), {"localhost", "127.0.0.1", "[::1]", v6 ? '[' + rules_.address + ']' : rules_.address});
  const std::string_view usual = rules_.tls ? "443" : "80";
  for (const auto& name : names) {
    hosts_.push_back(lower(name) + ':' + std::to_string(rules_.port));
    if (std::to_string(rules_.port) == usual) hosts_.push_back(lower(name));
  }
  // A reverse proxy passes the name on as the browser used it, with its own port or none.
  for (const auto& name : rules_.names) hosts_.push_back(lower(name));
}

bool Gate::known_host(std::string_view host) const {
  const auto asked = lower(host);
  if (std::ranges::find(hosts_, asked) != hosts_.end()) return true;
  const auto bare = without_port(asked);
  return std::ranges::any_of(rules_.names, [&](const auto& name) { return lower(name) == bare; });
}

bool Gate::has_token(const HttpRequest& request) const {
  constexpr std::string_view scheme = "Bearer ";
  if (!request.authorization.starts_with(scheme)) return false;
  return same(std::string_view{request.authorization}.substr(scheme.size()), rules_.token);
}

bool Gate::too_often(Budget& budget, Instant now) const {
  const auto passed = std::chrono::duration<double>(now - budget.filled).count();
  budget.left = std::min(rules_.burst, budget.left + std::max(0.0, passed) * rules_.per_second);
  budget.filled = now;
  if (budget.left < 1) return true;
  budget.left -= 1;
  return false;
}

std::optional<HttpReply> Gate::refusal(const HttpRequest& request, Instant now) {
  const bool trusted = !rules_.token.empty() && has_token(request);
  if (too_often(trusted ? trusted_ : others_, now)) {
    auto reply = refused(429, "too many requests; ask again in a second");
    reply.headers.emplace_back("Retry-After", "1");
    return reply;
  }
  if (request.method != "GET") return refused(405, "only GET is answered here; changes go over the socket");
  if (!known_host(request.host))
    return refused(421, "this name does not belong here; [dashboard] names in hostd.toml lists further ones");
  if (!request.origin.empty() && !known_host(host_of_origin(request.origin)))
    return refused(403, "a page of another site asks");
  if (is_page(request.target)) return std::nullopt;
  if (from_other_site(request)) return refused(403, "a page of another site asks");
  if (rules_.token.empty() || trusted) return std::nullopt;
  auto reply = refused(401, "a token is needed: Authorization: Bearer TOKEN");
  reply.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"dynascale\"");
  return reply;
}

std::optional<HttpReply> socket_refusal(const HttpRequest& request) {
  const auto name = lower(without_port(request.host));
  // A name of one label cannot be somebody else's in the DNS.
  const bool own = name == "127.0.0.1" || name == "[::1]" || name.find_first_of(".:") == std::string::npos;
  if (!own) return refused(421, "this name does not belong here; ask for http://localhost/");
  const bool other_origin = !request.origin.empty() && host_of_origin(request.origin) != request.host;
  if (other_origin || (from_other_site(request) && !is_page(request.target)))
    return refused(403, "a page of another site asks");
  if (request.method != "GET" && !(request.origin.empty() && request.fetch_site.empty()))
    return refused(403, "a page only reads; change guests with dynascalectl");
  return std::nullopt;
}

HttpReply hardened(HttpReply reply) {
  const auto add = [&](const char* name, const char* value) { reply.headers.emplace_back(name, value); };
  add("Content-Security-Policy",
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri "
      "'none'; "
      "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'");
  add("X-Content-Type-Options", "nosniff");
  add("X-Frame-Options", "DENY");
  add("Referrer-Policy", "no-referrer");
  add("Cross-Origin-Resource-Policy", "same-origin");
  add("Cross-Origin-Opener-Policy", "same-origin");
  add("Cache-Control", "no-store");
  return reply;
}

}  // namespace dynascale::hostd
