/// Readers of scripts that are no shell's: Windows' own, and SQL that sets a server up.

#include <array>
#include <cctype>

#include "check/config/setting.hpp"
#include "check/text/lines.hpp"

namespace dynascale::check {
namespace {

bool begins_with(std::string_view text, std::string_view lower_word) {
  return lower(text.substr(0, lower_word.size())) == lower_word;
}

std::string_view word_end(std::string_view text, std::string_view ends) {
  return text.substr(0, std::min(text.find_first_of(ends), text.size()));
}

/// `set NAME=VALUE`, `set "NAME=VALUE"`, `$env:NAME = "VALUE"`, `setx NAME VALUE`; without a name for another line.
std::pair<std::string_view, std::string_view> assigned(std::string_view line) {
  if (begins_with(line, "$env:")) {
    line = line.substr(5);
  } else if (begins_with(line, "set ")) {
    line = trim(line.substr(4));
    if (line.size() > 1 && line.front() == '"' && line.back() == '"') line = line.substr(1, line.size() - 2);
  } else {
    return {};
  }
  const auto equals = line.find('=');
  if (equals == std::string_view::npos) return {};
  return {trim(line.substr(0, equals)), unquote(trim(line.substr(equals + 1)))};
}

struct Statement {
  std::string_view words;
  ConfigKind server;
};
constexpr auto statements = std::to_array<Statement>({{"alter system set ", ConfigKind::postgresql},
                                                      {"set global ", ConfigKind::mysql},
                                                      {"set persist ", ConfigKind::mysql},
                                                      {"set @@global.", ConfigKind::mysql}});

void read_statement(std::string_view rest, ConfigKind server, std::uint32_t number, ConfigText& out) {
  rest = trim(rest);
  const auto key = word_end(rest, " \t=");
  rest = trim(rest.substr(key.size()));
  if (rest.substr(0, 1) == "=") {
    rest = trim(rest.substr(1));
  } else if (begins_with(rest, "to ")) {
    rest = trim(rest.substr(3));
  } else {
    return;
  }
  const bool quoted = rest.substr(0, 1) == "'";
  const auto value = quoted ? word_end(rest.substr(1), "'") : word_end(rest, "; \t\"'");
  if (!key.empty() && !value.empty())
    out.settings.push_back({server, {}, std::string{key}, std::string{value}, number});
}

}  // namespace

ConfigText read_batch(std::string_view text) {
  ConfigText out;
  const Lines lines{text};
  for (std::uint32_t number = 1; number <= lines.count(); ++number) {
    auto line = trim(lines.line(number));
    if (line.substr(0, 1) == "@") line = trim(line.substr(1));
    if (line.empty() || line.front() == '#' || line.substr(0, 2) == "::" || begins_with(line, "rem ")) continue;
    const auto [name, value] = assigned(line);
    if (!name.empty())
      out.settings.push_back({ConfigKind::environment, {}, std::string{name}, std::string{value}, number});
    CommandText command;
    command.append(name.empty() ? line : value, number);
    command.squeeze();
    out.commands.push_back(std::move(command));
  }
  return out;
}

ConfigText read_sql(std::string_view text) {
  ConfigText out;
  const Lines lines{text};
  for (std::uint32_t number = 1; number <= lines.count(); ++number) {
    const auto line = lines.line(number);
    if (line.size() > 4096 || line.find('=') == line.find(" TO ")) continue;
    const auto words = lower(line);
    for (const auto& [statement, server] : statements) {
      const auto at = words.find(statement);
      if (at == std::string::npos || words.substr(0, at).find("--") != std::string::npos) continue;
      read_statement(line.substr(at + statement.size()), server, number, out);
    }
  }
  return out;
}

}  // namespace dynascale::check
