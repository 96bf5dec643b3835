#include "check/ask/answer.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "check/text/lines.hpp"

namespace dynascale::check {
namespace {

constexpr std::size_t most_settings = 512;

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional{value} : std::nullopt;
}

Error not_understood(std::string_view source, std::string_view line) {
  return {Errc::corrupt, fmt::format("{}: not understood: '{}'", source, printable(line, 80))};
}

/// Four columns, or "age SECONDS"; what a row means, `row` says.
template <class Row>
Result<ServerAnswer> parse_rows(ConfigKind kind, std::string_view source, std::string_view text, Row row) {
  ServerAnswer answer{kind, std::string{source}, {}, {}, {}};
  const Lines lines{text};
  for (std::uint32_t number = 1; number <= lines.count() && answer.settings.size() < most_settings; ++number) {
    const auto line = lines.line(number);
    if (trim(line).empty()) continue;
    std::array<std::string_view, 4> columns;
    auto rest = line;
    for (auto& column : columns) {
      const auto end = std::min(rest.find('\t'), rest.size());
      column = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (columns[0] == "age") {
      answer.age_s = number_of<double>(trim(columns[1]));
      if (!answer.age_s) return tl::unexpected(not_understood(source, line));
      continue;
    }
    if (columns[3].empty()) return tl::unexpected(not_understood(source, line));
    answer.settings.push_back(row(columns));
  }
  return answer;
}

/// https://www.postgresql.org/docs/15/view-pg-settings.html
Adaptation change_of_context(std::string_view context) {
  if (context == "internal") return Adaptation::never;
  if (context == "postmaster") return Adaptation::restart;
  return context == "sighup" ? Adaptation::reload : Adaptation::api;
}

}  // namespace

Result<ServerAnswer> parse_postgresql_answer(std::string_view text) {
  return parse_rows(ConfigKind::postgresql, "pg_settings", text, [](const auto& columns) {
    return ServerSetting{std::string{columns[0]}, std::string{columns[1]}, change_of_context(columns[2]),
                         columns[3] != "default"};
  });
}

Result<ServerAnswer> parse_mariadb_answer(std::string_view text) {
  return parse_rows(ConfigKind::mysql, "SYSTEM_VARIABLES", text, [](const auto& columns) {
    return ServerSetting{lower(columns[0]), std::string{columns[1]},
                         columns[2] == "YES" ? Adaptation::restart : Adaptation::api,
                         columns[3] != "COMPILE-TIME" && columns[3] != "AUTO"};
  });
}

Result<ServerAnswer> parse_redis_answer(std::string_view text) {
  ServerAnswer answer{ConfigKind::redis, "CONFIG", {}, {}, {}};
  const Lines lines{text};
  std::string name;
  bool has_name = false;
  for (std::uint32_t number = 1; number <= lines.count() && answer.settings.size() < most_settings; ++number) {
    const auto line = trim(lines.line(number));
    if (line.substr(0, 11) == "process_id:") {
      answer.pid = number_of<std::int32_t>(line.substr(11));
    } else if (line.substr(0, 12) == "config_file:") {
      answer.config_file = std::string{trim(line.substr(12))};
    } else if (!answer.pid) {
      continue;  // INFO's other lines.
    } else if (has_name) {
      answer.settings.push_back({std::move(name), std::string{line}, Adaptation::unknown, true});
      has_name = false;
    } else if (!line.empty() && line.front() != '#' && line.find(':') == std::string_view::npos) {
      name = std::string{line};
      has_name = true;
    }
  }
  if (!answer.pid) return tl::unexpected(not_understood("CONFIG", lines.line(1)));
  return answer;
}

}  // namespace dynascale::check
