#include "check/model/finding.hpp"

#include <array>

namespace dynascale::check {
namespace {

constexpr std::array<std::string_view, 3> level_names{"note", "warning", "error"};
constexpr std::array<std::string_view, 6> adaptation_names{"live",    "api",   "reload",
                                                           "restart", "never", "unknown"};

template <class Enum, std::size_t N>
std::optional<Enum> find_name(const std::array<std::string_view, N>& names, std::string_view text) {
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == text) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(Level level) {
  return level_names[static_cast<std::size_t>(level)];
}
std::string_view to_string(Adaptation adaptation) {
  return adaptation_names[static_cast<std::size_t>(adaptation)];
}
std::optional<Level> parse_level(std::string_view text) {
  return find_name<Level>(level_names, text);
}
std::optional<Adaptation> parse_adaptation(std::string_view text) {
  return find_name<Adaptation>(adaptation_names, text);
}

}  // namespace dynascale::check
