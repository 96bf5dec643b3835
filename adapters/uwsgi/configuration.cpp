#include "adapters/uwsgi/configuration.hpp"

#include <algorithm>
#include <map>

#include "adapters/argv.hpp"
#include "runtime/text.hpp"

namespace dynascale::uwsgi {
namespace {

constexpr std::size_t max_files = 8;
constexpr Bytes max_file_size = Bytes::kib(256);

bool names_file(std::string_view word) {
  return word.ends_with(".ini") || word.ends_with(".yml") || word.ends_with(".yaml");
}

/// Whether the value of an option is a file of further options.
bool names_options(std::string_view key) {
  return key == "ini" || key == "yaml" || key == "yml";
}

bool is_true(std::string_view value) {
  return value.empty() || value == "true" || value == "1" || value == "yes" || value == "on";
}

void apply(std::string_view key, std::string_view value, Configuration& configuration) {
  if (key == "cheaper") {
    configuration.cheaper = text::number<int>(value).value_or(0) > 0;
  } else if (key == "cheaper-algo" || key == "cheaper-algorithm") {
    configuration.algorithm = value;
  } else if (key == "stats" || key == "stats-server") {
    configuration.stats = value;
  } else if (key == "lazy-apps" || key == "lazy") {
    configuration.lazy_apps = is_true(value);
  } else if (key == "need-app") {
    configuration.need_app = is_true(value);
  } else if (names_options(key) && !value.empty()) {
    configuration.files.emplace_back(value);
  }
}

/// uWSGI's options that stand alone: the next word is not their value.
bool stands_alone(std::string_view key) {
  return key == "lazy-apps" || key == "lazy" || key == "need-app" || key == "master";
}

/// The folder part of a path, with its last slash.
std::string_view folder_of(std::string_view path) {
  return path.substr(0, path.size() - base_name(path).size());
}

std::string_view stem_of(std::string_view path) {
  const auto name = base_name(path);
  return name.substr(0, name.rfind('.'));
}

/// uWSGI's "magic variables" that name the file, and "%(key)" for what stands above in it.
std::string expand(std::string_view value, const OptionsFile& file,
                   const std::map<std::string, std::string, std::less<>>& known) {
  std::string out;
  while (!value.empty()) {
    out += text::take_until(value, '%');
    if (value.empty()) break;
    if (value.front() == '(') {
      value.remove_prefix(1);
      const auto found = known.find(text::take_until(value, ')'));
      if (found != known.end()) out += found->second;
      continue;
    }
    const char letter = value.front();
    value.remove_prefix(1);
    if (letter == 'n') out += stem_of(file.path);
    if (letter == 's') out += base_name(file.path);
    if (letter == 'd') out += folder_of(file.path);
    if (letter == 'p') out += file.path;
    if (letter == '%') out += '%';
  }
  return out;
}

std::string_view unquoted(std::string_view value) {
  const bool quoted =
      value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front();
  return quoted ? value.substr(1, value.size() - 2) : value;
}

/// The section that a line opens: "[uwsgi]" or, at the left margin, "uwsgi:".
std::optional<std::string_view> section_in(std::string_view line) {
  const auto word = text::trim(line);
  if (word.size() > 2 && word.front() == '[' && word.back() == ']') return word.substr(1, word.size() - 2);
  if (word.size() > 1 && word.back() == ':' && line.front() != ' ' && line.front() != '\t')
    return word.substr(0, word.size() - 1);
  return std::nullopt;
}

}  // namespace

OptionsFile options_file(std::string_view named, const std::string& directory) {
  OptionsFile file;
  if (const auto colon = named.rfind(':'); colon != std::string_view::npos && colon > 0) {
    file.section = named.substr(colon + 1);
    named = named.substr(0, colon);
  }
  file.path = named.starts_with('/') ? std::string{named} : directory + '/' + std::string{named};
  return file;
}

void read_arguments(const std::vector<std::string>& argv, Configuration& configuration) {
  for (std::size_t index = 1; index < argv.size(); ++index) {
    auto word = std::string_view{argv[index]};
    if (!word.starts_with("--")) {
      if (names_file(word.substr(0, word.rfind(':')))) configuration.files.emplace_back(word);
      continue;
    }
    word.remove_prefix(2);
    const bool joined = word.find('=') != std::string_view::npos;
    const auto key = text::take_until(word, '=');
    const bool next_is_value =
        !joined && !stands_alone(key) && index + 1 < argv.size() && argv[index + 1][0] != '-';
    apply(key, next_is_value ? std::string_view{argv[index + 1]} : word, configuration);
    if (next_is_value && names_options(key)) ++index;
  }
}

void read_options(std::string_view text, const OptionsFile& file, Configuration& configuration) {
  std::map<std::string, std::string, std::less<>> known;
  bool inside = false;
  while (!text.empty()) {
    const auto whole = text::take_until(text, '\n');
    auto line = text::trim(whole);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (const auto section = section_in(whole)) {
      inside = *section == file.section;
      continue;
    }
    if (!inside) continue;
    const auto end = line.find_first_of("=:");
    const auto key = text::trim(line.substr(0, end));
    const auto raw = end == std::string_view::npos ? std::string_view{} : text::trim(line.substr(end + 1));
    auto value = expand(unquoted(raw), file, known);
    apply(key, value, configuration);
    known[std::string{key}] = std::move(value);
  }
}

Configuration read_configuration(const Files& files, const ProcessInfo& master) {
  Configuration configuration;
  read_arguments(master.argv, configuration);
  for (std::size_t index = 0; index < std::min(configuration.files.size(), max_files); ++index) {
    const auto file = options_file(configuration.files[index], master.working_directory);
    if (const auto text = files.read(file.path, max_file_size)) read_options(*text, file, configuration);
  }
  if (const auto& stats = configuration.stats;
      !stats.empty() && stats[0] != '/' && stats.find(':') == std::string::npos)
    configuration.stats = master.working_directory + '/' + stats;
  return configuration;
}

std::string name_of(const ProcessInfo& master) {
  Configuration configuration;
  read_arguments(master.argv, configuration);
  // Debian's first file holds defaults for all servers; the last one is the server's own.
  if (!configuration.files.empty())
    return std::string{stem_of(options_file(configuration.files.back(), "").path)};
  for (const auto* key : {"--http-socket", "--socket", "--http", "--wsgi-file"})
    if (const auto value = option_value(master.argv, {key})) return *value;
  return std::string{base_name(master.working_directory)};
}

}  // namespace dynascale::uwsgi
