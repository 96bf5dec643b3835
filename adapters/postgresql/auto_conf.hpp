#pragma once
/// Lines of postgresql.auto.conf, the file that ALTER SYSTEM writes. Pure. Needed as text only when the server does not
/// start: then no statement can take a value back.

#include <optional>
#include <string>
#include <string_view>

namespace dynascale::postgresql {

/// What stands behind "name =", quotes included; nothing when there is no such line.
[[nodiscard]] std::optional<std::string> auto_conf_value(std::string_view text, std::string_view name);

/// `text` with `name` set to `value` as written there, or without `name`; all other lines are kept.
[[nodiscard]] std::string updated_auto_conf(std::string_view text, std::string_view name,
                                            const std::optional<std::string>& value);

}  // namespace dynascale::postgresql
