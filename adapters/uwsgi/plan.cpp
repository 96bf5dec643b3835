#include "adapters/uwsgi/plan.hpp"

#include <algorithm>

#include "adapters/argv.hpp"
#include "runtime/text.hpp"

namespace dynascale::uwsgi {

Control control_in(std::span<const std::string> argv) {
  Control control;
  control.fifo = option_value(argv, {"--master-fifo"}).value_or("");
  control.stats = option_value(argv, {"--stats", "--stats-server"}).value_or("");
  control.cheaper = option_value(argv, {"--cheaper"}).has_value();
  return control;
}

Control control_in_file(std::string_view text) {
  Control control;
  bool own = false;
  while (!text.empty()) {
    auto line = text::trim(text::take_until(text, '\n'));
    if (line.starts_with('[')) own = line == "[uwsgi]";
    if (!own || line.starts_with('#') || line.starts_with(';')) continue;
    const auto key = text::trim(text::take_until(line, '='));
    const auto value = text::trim(line);
    if (key == "master-fifo") control.fifo = value;
    if (key == "stats" || key == "stats-server") control.stats = value;
    if (key == "cheaper") control.cheaper = !value.empty();
  }
  return control;
}

std::optional<std::string> file_in(std::span<const std::string> argv) {
  if (auto named = option_value(argv, {"--ini", "-i"})) return named;
  for (const auto& word : argv.subspan(std::min<std::size_t>(1, argv.size())))
    if (!word.starts_with('-') && word.ends_with(".ini")) return word;
  return std::nullopt;
}

std::optional<Workers> workers_in(std::string_view stats) {
  if (!text::trim(stats).ends_with('}')) return std::nullopt;
  constexpr std::string_view key = "\"status\":";
  Workers workers;
  for (auto at = stats.find(key); at != std::string_view::npos; at = stats.find(key, at + 1)) {
    const auto value = text::trim(stats.substr(at + key.size(), 16));
    ++workers.reserved;
    if (!value.starts_with("\"cheap\"")) ++workers.running;
  }
  return workers.reserved == 0 ? std::nullopt : std::optional{workers};
}

}  // namespace dynascale::uwsgi
