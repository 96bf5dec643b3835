#pragma once
/// A request over FastCGI (its specification 1.0, sections 3 to 5), for servers that speak nothing else.

#include <string>

namespace dynascale::testing {

/// Runs a script; empty when its answer ends with "done", else what went wrong.
[[nodiscard]] std::string fastcgi_get(const std::string& socket, const std::string& script,
                                      const std::string& query);

}  // namespace dynascale::testing
