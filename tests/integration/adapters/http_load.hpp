#pragma once
/// HTTP requests over a Unix socket or TCP.

#include <string>

#include "load.hpp"

namespace dynascale::testing {

/// One request; empty when it was answered with 200, else what went wrong.
[[nodiscard]] std::string http_get(const std::string& address, const std::string& target);

class HttpLoad : public Load {
 public:
  HttpLoad(const std::string& address, const std::string& target, int clients)
      : Load{clients, [=](int) { return [=] { return http_get(address, target); }; }} {}
};

}  // namespace dynascale::testing
