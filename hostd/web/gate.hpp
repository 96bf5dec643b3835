#pragma once
/// Who may ask over the network, and what a browser may be made to ask: only to read; only under a name that
/// belongs here, so that a foreign name that resolves to this machine reads nothing (DNS rebinding); never on
/// behalf of another site; with the token, where there is one; not too often. Pure: time is a parameter.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/units.hpp"
#include "runtime/http_message.hpp"

namespace dynascale::hostd {

struct GateRules {
  std::uint16_t port = 0;
  std::string address;             ///< Numeric, where the server listens.
  std::vector<std::string> names;  ///< Further names of this place, as an operator gave them, without ports.
  bool tls = false;
  std::string token;       ///< Empty: nobody needs one.
  double per_second = 20;  ///< Requests, of all clients together; those without the token have a budget of their own.
  double burst = 100;
};

class Gate {
 public:
  explicit Gate(GateRules rules);
  /// Why the request is not answered, as a reply. Nothing: it may be. The page itself needs no token.
  [[nodiscard]] std::optional<HttpReply> refusal(const HttpRequest& request, Instant now);

 private:
  [[nodiscard]] bool known_host(std::string_view host) const;
  [[nodiscard]] bool has_token(const HttpRequest& request) const;
  struct Budget {
    double left;
    Instant filled{};
  };
  [[nodiscard]] bool too_often(Budget& budget, Instant now) const;

  GateRules rules_;
  std::vector<std::string> hosts_;  ///< What a Host header may say, in lower case.
  Budget trusted_;
  Budget others_;
};

/// The same for the Unix socket, whose mode says who may ask. A browser may reach it through a forwarded
/// port: then a page of another site, or a foreign name, is refused.
[[nodiscard]] std::optional<HttpReply> socket_refusal(const HttpRequest& request);

/// Adds to a reply what keeps browsers from doing more with it than showing it.
[[nodiscard]] HttpReply hardened(HttpReply reply);

}  // namespace dynascale::hostd
