#include "adapters/argv.hpp"

#include <algorithm>

namespace dynascale {
namespace {

/// What follows `name` in this word, when it is there in the same word.
std::optional<std::string> attached_value(std::string_view word, std::string_view name) {
  if (!word.starts_with(name) || word.size() == name.size()) return std::nullopt;
  const auto rest = word.substr(name.size());
  if (name.starts_with("--"))
    return rest.front() == '=' ? std::optional{std::string{rest.substr(1)}} : std::nullopt;
  return std::string{rest.front() == '=' ? rest.substr(1) : rest};
}

}  // namespace

std::optional<std::string> option_value(std::span<const std::string> argv,
                                        std::initializer_list<std::string_view> names) {
  std::optional<std::string> value;
  for (std::size_t index = 0; index < argv.size(); ++index) {
    for (const auto name : names) {
      if (argv[index] == name && index + 1 < argv.size()) value = argv[index + 1];
      if (auto attached = attached_value(argv[index], name)) value = std::move(attached);
    }
  }
  return value;
}

bool has_flag(std::span<const std::string> argv, std::initializer_list<std::string_view> names) {
  return std::ranges::any_of(argv,
                             [&](const auto& word) { return std::ranges::find(names, word) != names.end(); });
}

std::string_view base_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace dynascale
