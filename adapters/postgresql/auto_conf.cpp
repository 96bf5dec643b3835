#include "adapters/postgresql/auto_conf.hpp"

#include <fmt/format.h>

#include "runtime/text.hpp"

namespace dynascale::postgresql {
namespace {

/// The value of a line that sets `name`.
std::optional<std::string_view> value_in(std::string_view line, std::string_view name) {
  if (text::trim(line).starts_with('#')) return std::nullopt;
  if (text::trim(text::take_until(line, '=')) != name) return std::nullopt;
  return text::trim(line);
}

}  // namespace

std::optional<std::string> auto_conf_value(std::string_view text, std::string_view name) {
  std::optional<std::string> value;
  while (!text.empty())
    if (const auto found = value_in(text::take_until(text, '\n'), name)) value = std::string{*found};
  return value;
}

std::string updated_auto_conf(std::string_view text, std::string_view name,
                              const std::optional<std::string>& value) {
  std::string updated;
  while (!text.empty()) {
    const auto line = text::take_until(text, '\n');
    if (!value_in(line, name)) updated += fmt::format("{}\n", line);
  }
  if (value) updated += fmt::format("{} = {}\n", name, *value);
  return updated;
}

}  // namespace dynascale::postgresql
