#include "hostd/query.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace dynascale::hostd {
namespace {

constexpr std::size_t max_values = 16;
constexpr std::int64_t largest = 1LL << 50U;  // Milliseconds until the year 37000.

}  // namespace

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    unsigned code = 0;
    const auto digits = text.substr(at, 3);
    const bool escaped = digits.size() == 3 && digits.front() == '%' &&
                         std::from_chars(digits.data() + 1, digits.data() + 3, code, 16).ptr == digits.data() + 3;
    out += escaped ? static_cast<char>(code) : text[at];
    if (escaped) at += 2;
  }
  return out;
}

Query::Query(std::string_view target) {
  const auto mark = target.find('?');
  auto rest = mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
  while (!rest.empty() && values_.size() < max_values) {
    const auto pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const auto equals = std::min(pair.find('='), pair.size());
    values_[percent_decoded(pair.substr(0, equals))] =
        percent_decoded(pair.substr(std::min(equals + 1, pair.size())));
  }
}

std::optional<std::int64_t> Query::whole(const std::string& key) {
  asked_.push_back(key);
  const auto found = values_.find(key);
  if (found == values_.end()) return std::nullopt;
  std::int64_t value = -1;
  const auto& text = found->second;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec == std::errc{} && read.ptr == text.data() + text.size() && value >= 0 && value <= largest) return value;
  wrong_.push_back(fmt::format("{}: must be a whole number from 0", key));
  return std::nullopt;
}

std::string Query::mistakes() const {
  auto all = wrong_;
  for (const auto& [key, value] : values_)
    if (std::ranges::find(asked_, key) == asked_.end())
      all.push_back(fmt::format("{}: unknown; expected {}", key.substr(0, 64), fmt::join(asked_, ", ")));
  return fmt::format("{}", fmt::join(all, "; "));
}

}  // namespace dynascale::hostd
