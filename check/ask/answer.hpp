#pragma once
/// What a running server says of its own settings. Pure: the texts of its clients in, settings out.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "check/model/finding.hpp"
#include "check/model/language.hpp"
#include "core/model/result.hpp"

namespace dynascale::check {

struct ServerSetting {
  std::string key, value;
  Adaptation change = Adaptation::unknown;  ///< How it can be changed while the server runs; unknown: not told.
  bool given = true;                        ///< Somebody set it; false for the server's own default.
};

struct ServerAnswer {
  ConfigKind kind = ConfigKind::none;
  std::string source;          ///< "pg_settings", as findings name it.
  std::optional<double> age_s; ///< How long the server says it has been running.
  std::optional<std::int32_t> pid;
  std::vector<ServerSetting> settings;
  std::string config_file = {};  ///< The file that it says it read; empty when it does not say.
};

/// Lines "age SECONDS" and, separated by tabs, "name value context source" of pg_settings.
/// Errors: `corrupt`, with the line, for anything else.
[[nodiscard]] Result<ServerAnswer> parse_postgresql_answer(std::string_view text);
/// Lines "age SECONDS" and "name value READ_ONLY GLOBAL_VALUE_ORIGIN" of SYSTEM_VARIABLES. Errors: likewise.
[[nodiscard]] Result<ServerAnswer> parse_mariadb_answer(std::string_view text);
/// INFO's "process_id:N" line, then CONFIG GET's answer: a line of the name, a line of the value.
/// Errors: likewise.
[[nodiscard]] Result<ServerAnswer> parse_redis_answer(std::string_view text);

}  // namespace dynascale::check
