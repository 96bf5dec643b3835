/// Readers of the flat formats: nginx blocks, `key = value`, `Key value`, and bare lines of flags.

#include <algorithm>

#include "check/config/setting.hpp"
#include "check/text/comment.hpp"
#include "check/text/lines.hpp"

namespace dynascale::check {
namespace {

std::string_view first_word(std::string_view& rest) {
  rest = trim(rest);
  const auto end = std::min(rest.find_first_of(" \t"), rest.size());
  const auto word = rest.substr(0, end);
  rest = trim(rest.substr(end));
  return word;
}

std::string_view comment_marks(ConfigKind kind) {
  if (kind == ConfigKind::properties) return "";
  return kind == ConfigKind::ini || kind == ConfigKind::php || kind == ConfigKind::pgbouncer ||
                 kind == ConfigKind::uwsgi
             ? "#;"
             : "#";
}

/// Behind a `{{ … }}` that begins here and ends on the same line; 0 when none does.
std::size_t placeholder_end(std::string_view text, std::size_t begin) {
  constexpr std::size_t longest = 200;
  if (text.substr(begin, 2) != "{{") return 0;
  const auto rest = text.substr(begin, longest);
  const auto end = rest.find("}}");
  return end == std::string_view::npos || rest.find('\n') < end ? 0 : begin + end + 2;
}

/// Behind a `<% … %>` or `{% … %}` of a template that begins here; 0 when none does.
std::size_t template_tag_end(std::string_view text, std::size_t begin) {
  const auto opening = text.substr(begin, 2);
  if (opening != "<%" && opening != "{%") return 0;
  const auto end = text.substr(begin, 1000).find(opening == "<%" ? "%>" : "%}");
  return end == std::string_view::npos ? 0 : begin + end + 2;
}

/// PHP-FPM: `php_admin_value[memory_limit] = 256M` sets memory_limit.
std::string_view bracketed_name(ConfigKind kind, std::string_view key) {
  const auto open = key.find('[');
  if (kind != ConfigKind::php || key.substr(0, 4) != "php_" || open == std::string_view::npos) return key;
  return key.substr(open + 1, key.find(']', open) - open - 1);
}

/// package.json: "build": "node --max-old-space-size=8192 …" runs on the developer's machine.
bool is_build_script(std::string_view key) {
  const auto name = lower(key);
  for (const std::string_view word : {"build", "test", "lint", "compile", "bundle", "pack", "tsc", "docs", "dev",
                                      "watch", "coverage", "analy", "generate", "typecheck", "ci", "release"}) {
    if (name.find(word) != std::string::npos) return true;
  }
  return false;
}

void add_member(ConfigKind kind, std::string_view key, std::string_view value, std::uint32_t number, ConfigText& out) {
  key = unquote(trim(key));
  value = unquote(trim(value));
  out.settings.push_back({kind, {}, std::string{key}, std::string{value}, number});
  if (kind == ConfigKind::json && is_build_script(key)) return;
  CommandText command;
  command.append(value, number);
  out.commands.push_back(std::move(command));
}

/// Every `"name": value` of a line of JSON whose value is no object or list.
void read_members(std::string_view line, std::uint32_t number, ConfigText& out) {
  constexpr int most_members = 64;
  for (int seen = 0; seen < most_members; ++seen) {
    const auto colon = line.find("\":");
    if (colon == std::string_view::npos) return;
    const auto open = line.rfind('"', colon == 0 ? 0 : colon - 1);
    const auto key = line.substr(open + 1, colon - open - 1);
    line = trim(line.substr(colon + 2));
    const bool quoted = line.substr(0, 1) == "\"";
    auto end = quoted ? line.find('"', 1) : line.find_first_of(",{}[]");
    while (quoted && end != std::string_view::npos && line[end - 1] == '\\') end = line.find('"', end + 1);
    end = std::min(end, line.size());
    if (end > 0) add_member(ConfigKind::json, key, line.substr(0, quoted ? end + 1 : end), number, out);
    line.remove_prefix(std::min(end + (quoted ? 1 : 0), line.size()));
  }
}

}  // namespace

ConfigText read_nginx(std::string_view text) {
  ConfigText out;
  std::vector<std::string> blocks;
  std::string word;
  std::vector<std::string> words;
  std::uint32_t line = 1;
  std::uint32_t first_line = 1;
  char quote = '\0';
  const auto flush = [&] {
    if (!word.empty()) {
      if (words.empty()) first_line = line;
      words.push_back(std::move(word));
    }
    word.clear();
  };
  const auto join = [&](std::size_t from) {
    std::string joined;
    for (std::size_t i = from; i < words.size(); ++i) joined += (i == from ? "" : " ") + words[i];
    return joined;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != '\0') {
      if (c == quote)
        quote = '\0';
      else
        word.push_back(c);
    } else if (c == '"' || c == '\'') {
      quote = word.empty() ? c : '\0';
    } else if (c == '#' && word.empty()) {
      i = std::min(text.find('\n', i), text.size()) - 1;
    } else if (const auto tag = template_tag_end(text, i); tag != 0 && words.empty() && word.empty()) {
      line += static_cast<std::uint32_t>(std::count(text.begin() + i, text.begin() + tag, '\n'));
      i = tag - 1;
      continue;
    } else if (const auto end = placeholder_end(text, i); end != 0 && !(words.empty() && word.empty())) {
      word.append(text.substr(i, end - i));
      i = end - 1;
    } else if (c == ';' || c == '{') {
      flush();
      if (c == ';' && !words.empty()) {
        std::string section;
        for (const auto& block : blocks) section += (section.empty() ? "" : ".") + block;
        out.settings.push_back({ConfigKind::nginx, std::move(section), words.front(), join(1), first_line});
      } else if (c == '{' && blocks.size() < 64) {
        blocks.push_back(words.empty() ? std::string{} : words.front());
      }
      words.clear();
    } else if (c == '}') {
      flush();
      words.clear();
      if (!blocks.empty()) blocks.pop_back();
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      flush();
    } else {
      word.push_back(c);
    }
    if (c == '\n') {
      ++line;
      quote = '\0';
    }
  }
  return out;
}

ConfigText read_equals(ConfigKind kind, std::string_view text) {
  ConfigText out;
  const Lines lines{text};
  std::string section;
  for (std::uint32_t number = 1; number <= lines.count(); ++number) {
    auto line = trim(lines.line(number));
    if (line.empty() || line.front() == '#' || line.front() == ';' || line.front() == '!') continue;
    line = trim(without_comment(line, comment_marks(kind)));
    if (line.size() > 2 && line.front() == '[' && line.back() == ']') {
      section = std::string{line.substr(1, line.size() - 2)};
      continue;
    }
    if (line.substr(0, 7) == "export ") line = trim(line.substr(7));
    auto equals = line.find('=');
    if (equals == std::string_view::npos || (kind == ConfigKind::properties && line.find(':') < equals)) {
      equals = line.find_first_of(kind == ConfigKind::postgresql ? " \t" : "=: ");
    }
    auto key = bracketed_name(kind, trim(line.substr(0, equals)));
    auto value = equals == std::string_view::npos ? std::string_view{} : trim(line.substr(equals + 1));
    // Puppet: `'key' => 'value',` and a parameter's default, `Integer $key = 4,`.
    const bool pair = kind == ConfigKind::ini && value.substr(0, 1) == ">";
    const auto variable = kind == ConfigKind::ini ? key.rfind('$') : std::string_view::npos;
    const bool puppet = pair || variable != std::string_view::npos;
    if (puppet) {
      key = variable == std::string_view::npos ? unquote(key) : key.substr(variable + 1);
      if (pair) value = trim(value.substr(1));
      if (value.ends_with(",")) value.remove_suffix(1);
    }
    if (kind == ConfigKind::postgresql && value.substr(0, 1) == "=") value = trim(value.substr(1));
    out.settings.push_back({kind, section, std::string{key}, std::string{unquote(value)}, number, puppet});
    if (value.find_first_of(" -=") != std::string_view::npos) {
      CommandText command;
      command.append(unquote(value), number);
      out.commands.push_back(std::move(command));
    }
  }
  return out;
}

ConfigText read_words(ConfigKind kind, std::string_view text) {
  ConfigText out;
  const Lines lines{text};
  std::string section;
  for (std::uint32_t number = 1; number <= lines.count(); ++number) {
    auto rest = trim(lines.line(number));
    if (rest.empty() || rest.front() == '#') continue;
    rest = trim(without_comment(rest, "#"));
    if (kind == ConfigKind::apache && rest.front() == '<') {
      section = std::string{rest.substr(1, rest.find('>') - 1)};
      continue;
    }
    const bool indented = lines.line(number).front() == ' ' || lines.line(number).front() == '\t';
    if (kind == ConfigKind::limits) {
      // <domain> <type> <item> <value>
      const auto domain = first_word(rest);
      const auto type = first_word(rest);
      const auto item = first_word(rest);
      out.settings.push_back({kind, std::string{domain} + "." + std::string{type}, std::string{item},
                              std::string{rest}, number});
      continue;
    }
    const auto key = first_word(rest);
    if (rest.substr(0, 2) == "//") continue;
    if (kind == ConfigKind::apache && key.substr(0, 4) == "php_") {  // `php_admin_value memory_limit 256M`
      const auto name = first_word(rest);
      out.settings.push_back({ConfigKind::php, section, std::string{name}, std::string{unquote(rest)}, number});
      continue;
    }
    if (kind == ConfigKind::haproxy && !indented) section = std::string{key};
    out.settings.push_back({kind, section, std::string{key}, std::string{unquote(rest)}, number});
  }
  return out;
}

ConfigText read_lines(ConfigKind kind, std::string_view text) {
  ConfigText out;
  const Lines lines{text};
  CommandText all;
  // These files hold the flags alone.
  if (kind == ConfigKind::memcached) all.append("memcached", 1);
  if (kind == ConfigKind::erlang_args) all.append("erl", 1);
  for (std::uint32_t number = 1; number <= lines.count(); ++number) {
    auto line = trim(lines.line(number));
    if (line.empty() || line.front() == '#') continue;
    if (kind == ConfigKind::json) {
      read_members(line, number, out);
      continue;
    }
    if (kind == ConfigKind::procfile) {  // `name: command`
      const auto colon = line.find(':');
      if (colon != std::string_view::npos) add_member(kind, line.substr(0, colon), line.substr(colon + 1), number, out);
      continue;
    }
    // jvm.options: an optional `8-13:` says for which Java the line holds.
    if (kind == ConfigKind::jvm_options && line.front() >= '0' && line.front() <= '9') {
      const auto colon = line.find(':');
      if (colon != std::string_view::npos) line = line.substr(colon + 1);
    }
    all.append(line, number);
  }
  if (!all.text.empty()) out.commands.push_back(std::move(all));
  return out;
}

}  // namespace dynascale::check
