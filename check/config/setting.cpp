#include "check/config/setting.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "check/text/lines.hpp"

namespace dynascale::check {

void CommandText::append(std::string_view part, std::uint32_t line) {
  part = trim(part);
  if (part.empty()) return;
  if (!text.empty()) text.push_back(' ');
  lines.emplace_back(text.size(), line);
  text.append(part);
}

void CommandText::squeeze() {
  std::string squeezed;
  auto next = lines.begin();
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool blank = text[i] == ' ' || text[i] == '\t';
    if (!blank && !squeezed.empty() && (text[i - 1] == ' ' || text[i - 1] == '\t')) squeezed.push_back(' ');
    for (; next != lines.end() && next->first <= i; ++next) next->first = squeezed.size();
    if (!blank) squeezed.push_back(text[i]);
  }
  for (; next != lines.end(); ++next) next->first = squeezed.size();
  text = std::move(squeezed);
}

std::uint32_t CommandText::line_at(std::size_t offset) const {
  std::uint32_t line = lines.empty() ? 0 : lines.front().second;
  for (const auto& [begin, number] : lines) {
    if (begin <= offset) line = number;
  }
  return line;
}

std::string_view CommandText::program() const {
  constexpr auto wrappers = std::to_array<std::string_view>(
      {"exec", "sudo", "env", "nohup", "command", "time", "nice", "export", "local", "then", "do", "else",
       "&&", "gosu", "su-exec", "setpriv", "runuser", "start-stop-daemon", "dumb-init", "tini", "npx", "catchsegv",
       "docker-entrypoint.sh", "entrypoint.sh", "chpst", "setuidgid", "unshare", "ionice"});
  // `bundle exec puma`, `poetry run gunicorn`, `sh -c "…"`, `python -m gunicorn`.
  constexpr auto launchers = std::to_array<std::pair<std::string_view, std::string_view>>(
      {{"bundle", "exec"}, {"poetry", "run"}, {"pipenv", "run"}, {"uv", "run"}, {"pdm", "run"}, {"sh", "-c"},
       {"bash", "-c"}, {"python", "-m"}, {"python3", "-m"}, {"rails", "runner"}});
  std::string_view rest = text;
  while (true) {
    const auto begin = rest.find_first_not_of(" \t\n(\"'[,@-+!");
    if (begin == std::string_view::npos) return {};
    rest.remove_prefix(begin);
    const auto end = std::min(rest.find_first_of(" \t\n\"',;"), rest.size());
    const auto word = rest.substr(0, end);
    rest.remove_prefix(end);
    if (std::find(wrappers.begin(), wrappers.end(), word) != wrappers.end()) continue;
    const auto base = word.substr(word.rfind('/') + 1);
    if (base == "--" || base == "-g") continue;
    const auto launches = [&](const auto& pair) {
      return pair.first == base && trim(rest).substr(0, pair.second.size()) == pair.second;
    };
    const auto launcher = std::find_if(launchers.begin(), launchers.end(), launches);
    if (launcher != launchers.end()) {
      rest = trim(rest).substr(launcher->second.size());
      continue;
    }
    const auto equals = word.find('=');
    if (equals != std::string_view::npos && word.find('/') > equals) continue;
    const auto slash = word.rfind('/');
    return slash == std::string_view::npos ? word : word.substr(slash + 1);
  }
}

bool split_assignment(std::string_view text, std::string_view& name, std::string_view& value) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) return false;
  const auto left = text.substr(0, equals);
  const bool word = std::all_of(left.begin(), left.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.';
  });
  if (!word || left.front() == '.') return false;
  name = left;
  value = text.substr(equals + 1);
  return true;
}

ConfigText read_config(ConfigKind kind, std::string_view text) {
  switch (kind) {
    case ConfigKind::none:
      return {};
    case ConfigKind::nginx:
      return read_nginx(text);
    case ConfigKind::apache:
    case ConfigKind::haproxy:
    case ConfigKind::redis:
    case ConfigKind::limits:
    case ConfigKind::go_mod:
      return read_words(kind, text);
    case ConfigKind::ini:
    case ConfigKind::mysql:
    case ConfigKind::postgresql:
    case ConfigKind::php:
    case ConfigKind::uwsgi:
    case ConfigKind::pgbouncer:
    case ConfigKind::properties:
    case ConfigKind::sysctl:
    case ConfigKind::environment:
    case ConfigKind::grub:
      return read_equals(kind, text);
    case ConfigKind::systemd:
      return read_systemd(text);
    case ConfigKind::yaml:
    case ConfigKind::compose:
      return read_yaml(kind, text);
    case ConfigKind::dockerfile:
      return read_dockerfile(text);
    case ConfigKind::memcached:
    case ConfigKind::jvm_options:
    case ConfigKind::procfile:
    case ConfigKind::json:
      return read_lines(kind, text);
    case ConfigKind::erlang_args:
      return text.find("].") != std::string_view::npos ? read_erlang_terms(text) : read_lines(kind, text);
    case ConfigKind::xml:
      return read_xml(text);
    case ConfigKind::batch:
      return read_batch(text);
    case ConfigKind::sql:
      return read_sql(text);
  }
  return {};
}

}  // namespace dynascale::check
