#pragma once
/// A Prometheus endpoint of an application on this machine, and the figures that are read from it.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/problem.hpp"
#include "core/exposition/figure.hpp"

namespace dynascale::config {

inline constexpr std::size_t max_metric_sources = 8;

/// Where an endpoint answers; never beyond this machine.
struct MetricUrl {
  std::string text;     ///< As written.
  std::string socket;   ///< Path of a Unix socket; empty for TCP.
  std::string address;  ///< Numeric, of loopback.
  std::uint16_t port = 0;
  std::string target = "/metrics";  ///< Path and query.
  bool operator==(const MetricUrl&) const = default;
};
/// "http://127.0.0.1:9100/metrics", "http://[::1]:9100", "http://localhost:9100" (127.0.0.1, without asking a resolver)
/// or "http://unix:/run/app.sock:/metrics". Errors: `invalid_argument`; the text says what was expected.
[[nodiscard]] Result<MetricUrl> parse_metric_url(std::string_view text);

struct MetricSource {
  MetricUrl url;
  Duration every = std::chrono::seconds{5};
  Duration timeout = std::chrono::seconds{2};  ///< Of the whole answer.
  exposition::FigureRules figures;
};
using MetricSources = std::map<std::string, MetricSource>;  ///< By the operator's name for the endpoint.

void check(const MetricSources& sources, const std::string& source, std::vector<Problem>& problems);

}  // namespace dynascale::config
