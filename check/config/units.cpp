/// Readers of files that hold commands: systemd units and image recipes.

#include <iterator>

#include "check/config/setting.hpp"
#include "check/files/classify.hpp"
#include "check/text/lines.hpp"

namespace dynascale::check {
namespace {

/// One logical line: physical lines joined at a trailing backslash.
struct Logical {
  CommandText text;
  std::uint32_t next = 0;  ///< The first physical line after it.
};

Logical logical_line(const Lines& lines, std::uint32_t number, std::string_view comment) {
  Logical out;
  for (; number <= lines.count(); ++number) {
    auto line = trim(lines.line(number));
    if (!out.text.text.empty() && line.substr(0, comment.size()) == comment) continue;
    const bool more = !line.empty() && line.back() == '\\';
    if (more) line.remove_suffix(1);
    out.text.append(line, number);
    if (!more) break;
  }
  out.next = number + 1;
  return out;
}

/// `NAME=value` entries of an environment line, each with its own line.
void add_environment(ConfigText& out, const CommandText& command, std::size_t from) {
  std::size_t i = from;
  const std::string_view text = command.text;
  while (i < text.size()) {
    const auto begin = text.find_first_not_of(' ', i);
    if (begin == std::string_view::npos) return;
    std::size_t end = begin;
    char quote = '\0';
    for (; end < text.size() && (quote != '\0' || text[end] != ' '); ++end) {
      if (quote != '\0' && text[end] == quote)
        quote = '\0';
      else if (quote == '\0' && (text[end] == '"' || text[end] == '\''))
        quote = text[end];
    }
    std::string_view name;
    std::string_view value;
    if (split_assignment(unquote(text.substr(begin, end - begin)), name, value)) {
      const auto line = command.line_at(begin);
      out.settings.push_back(
          {ConfigKind::environment, {}, std::string{name}, std::string{unquote(value)}, line});
      CommandText inner;
      inner.append(unquote(value), line);
      out.commands.push_back(std::move(inner));
    }
    i = end;
  }
}

/// `ENV NAME the whole rest`.
void add_one(ConfigText& out, const CommandText& command, std::size_t begin, std::size_t space) {
  const std::string_view text = command.text;
  const auto value = unquote(trim(text.substr(space)));
  out.settings.push_back({ConfigKind::environment, {}, std::string{text.substr(begin, space - begin)},
                          std::string{value}, command.line_at(begin)});
  CommandText inner = command;
  inner.text.replace(0, space, space, ' ');
  out.commands.push_back(std::move(inner));
}

/// `["a", "b"]` -> `a b`, keeping the offsets of the lines.
void strip_exec_form(CommandText& command) {
  const auto open = command.text.find('[');
  if (open == std::string::npos || trim(command.text.substr(0, open)).find(' ') != std::string::npos) return;
  for (auto& c : command.text) {
    if (c == '[' || c == ']' || c == ',' || c == '"' || c == '\'') c = ' ';
  }
}

}  // namespace

ConfigText read_systemd(std::string_view text) {
  ConfigText out;
  const Lines lines{text};
  std::string section;
  for (std::uint32_t number = 1; number <= lines.count();) {
    const auto line = trim(lines.line(number));
    if (line.empty() || line.front() == '#' || line.front() == ';') {
      ++number;
      continue;
    }
    if (line.front() == '[') {
      section = std::string{line.substr(1, line.find(']') - 1)};
      ++number;
      continue;
    }
    auto logical = logical_line(lines, number, "#");
    const auto first = number;
    number = logical.next;
    auto& command = logical.text;
    const auto equals = command.text.find('=');
    if (equals == std::string::npos) continue;
    const std::string key{trim(std::string_view{command.text}.substr(0, equals))};
    const std::string value{trim(std::string_view{command.text}.substr(equals + 1))};
    out.settings.push_back({ConfigKind::systemd, section, key, value, first});
    if (key == "Environment") add_environment(out, command, equals + 1);
    if (key.rfind("Exec", 0) == 0) {
      // Blanked, not cut: the offsets of the later lines stay true.
      command.text.replace(0, equals + 1, equals + 1, ' ');
      out.commands.push_back(std::move(command));
    }
  }
  return out;
}

namespace {

/// `<<EOF`, `<<-'EOF'`: the word that ends the text; empty when none begins here.
std::string_view heredoc_word(std::string_view line) {
  const auto at = line.find("<<");
  if (at == std::string_view::npos || at + 3 > line.size()) return {};
  const auto begin = line.find_first_not_of("-'\"", at + 2);
  if (begin == std::string_view::npos) return {};
  const auto end = std::min(line.find_first_of("'\" \t;)", begin), line.size());
  return line.substr(begin, end - begin);
}

/// `COPY <<EOF /etc/php/conf.d/x.ini` holds the file, `RUN <<EOF` its commands. The line after it.
std::uint32_t read_heredoc(const Lines& lines, std::uint32_t number, std::string_view word, bool runs,
                           std::string_view target, ConfigText& out) {
  std::string body;
  const auto first = number;
  for (; number <= lines.count() && trim(lines.line(number)) != word; ++number) {
    CommandText command;
    command.append(lines.line(number), number);
    if (runs) out.recipes.push_back(std::move(command));
    body.append(lines.line(number)).push_back('\n');
  }
  const auto kind = config_kind_of(target);
  if (runs || kind == ConfigKind::none || kind == ConfigKind::dockerfile) return number + 1;
  auto inner = read_config(kind, body);
  for (auto& setting : inner.settings) setting.line += first - 1;
  std::move(inner.settings.begin(), inner.settings.end(), std::back_inserter(out.settings));
  return number + 1;
}

}  // namespace

ConfigText read_dockerfile(std::string_view text) {
  ConfigText out;
  const Lines lines{text};
  for (std::uint32_t number = 1; number <= lines.count();) {
    const auto line = trim(lines.line(number));
    if (line.empty() || line.front() == '#') {
      ++number;
      continue;
    }
    auto logical = logical_line(lines, number, "#");
    number = logical.next;
    auto& command = logical.text;
    const auto space = command.text.find(' ');
    if (space == std::string::npos) continue;
    const auto instruction = lower(command.text.substr(0, space));
    if (const auto word = heredoc_word(command.text); !word.empty() && instruction != "env") {
      const std::string_view words = command.text;
      number = read_heredoc(lines, number, word, instruction == "run", words.substr(words.rfind(' ') + 1), out);
      continue;
    }
    if (instruction == "from") {
      const auto image = trim(std::string_view{command.text}.substr(space));
      out.settings.push_back({ConfigKind::dockerfile, {}, "from", std::string{image.substr(0, image.find(' '))},
                              command.line_at(0)});
    } else if (instruction == "run") {
      out.recipes.push_back(std::move(command));
    } else if (instruction == "env") {
      // The old form is `ENV NAME value`.
      const auto second = command.text.find(' ', space + 1);
      const auto equals = command.text.find('=');
      if (second != std::string::npos && equals > second)
        add_one(out, command, space + 1, second);
      else
        add_environment(out, command, space);
    } else if (instruction == "cmd" || instruction == "entrypoint") {
      command.text.replace(0, space, space, ' ');
      strip_exec_form(command);
      command.squeeze();
      out.commands.push_back(std::move(command));
    }
  }
  return out;
}

}  // namespace dynascale::check
