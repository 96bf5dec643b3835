#pragma once
/// The query of a request's target: "/v1/usage?from_ms=0&to_ms=9". Pure. Every mistake is found in one go.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dynascale::hostd {

class Query {
 public:
  explicit Query(std::string_view target);
  /// A whole number of at least 0; noted as a mistake when it is anything else.
  [[nodiscard]] std::optional<std::int64_t> whole(const std::string& key);
  /// Keys that nobody asked for, and values that were wrong; empty when all is well.
  [[nodiscard]] std::string mistakes() const;

 private:
  std::map<std::string, std::string> values_;
  std::vector<std::string> asked_;
  std::vector<std::string> wrong_;
};

/// "web%201" → "web 1".
[[nodiscard]] std::string percent_decoded(std::string_view text);

}  // namespace dynascale::hostd
