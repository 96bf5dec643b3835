/// Apart from the others, so that programs that read no figures need no parsers of them.

#include "core/config/scalar.hpp"

namespace dynascale::config {

Expected assign(const Scalar& from, MetricUrl& to) {
  if (!from.text) return "must be a text as \"http://127.0.0.1:9100/metrics\"";
  auto url = parse_metric_url(*from.text);
  if (!url) return url.error().what;
  to = std::move(*url);
  return std::nullopt;
}

Expected assign(const Scalar& from, exposition::Series& to) {
  if (!from.text) return "must be a text as 'jobs{queue=\"mail\"}'";
  for (const char c : *from.text)
    if (static_cast<unsigned char>(c) < 0x20) return "must not hold control characters";
  auto series = exposition::parse_series(*from.text);
  if (!series) return series.error().what;
  to = std::move(*series);
  return std::nullopt;
}

std::string print(const MetricUrl& value) {
  return print(value.text);
}
std::string print(const exposition::Series& value) {
  return print(value.text);
}

}  // namespace dynascale::config
