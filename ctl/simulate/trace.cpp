#include "ctl/simulate/trace.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include <fmt/format.h>

namespace dynascale::simulate {
namespace {

std::optional<double> number(std::string_view field) {
  double value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (error != std::errc{} || end != field.data() + field.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

std::string_view take(std::string_view& rest, char separator) {
  const std::size_t at = std::min(rest.find(separator), rest.size());
  const std::string_view head = rest.substr(0, at);
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return head;
}

std::string_view without_return(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

struct Row {
  double timestamp = 0;
  double cpu = 0;
  std::optional<double> memory;
};

std::optional<Row> parse_row(std::string_view line) {
  const auto timestamp = number(take(line, ','));
  const auto cpu = number(take(line, ','));
  if (!timestamp || !cpu) return std::nullopt;
  return Row{*timestamp, *cpu, number(take(line, ','))};
}

}  // namespace

std::size_t Trace::day_steps() const {
  return static_cast<std::size_t>(std::nearbyint(86400.0 / step_seconds));
}

Result<Trace> parse_trace(std::string name, std::string_view text) {
  Trace trace{.name = std::move(name)};
  const std::string_view header = without_return(take(text, '\n'));
  if (!header.starts_with("timestamp_s,cpu_util_percent")) {
    return fail(Errc::corrupt, fmt::format("{}:1: expected the header timestamp_s,cpu_util_percent"
                                           "[,mem_util_percent], found '{}'",
                                           trace.name, header.substr(0, 60)));
  }
  const bool has_memory = header.find("mem_util_percent") != std::string_view::npos;
  double previous = 0;
  for (std::size_t line_number = 2; !text.empty(); ++line_number) {
    const std::string_view line = without_return(take(text, '\n'));
    if (line.empty()) continue;
    const auto row = parse_row(line);
    if (!row || (has_memory && !row->memory)) {
      return fail(Errc::corrupt,
                  fmt::format("{}:{}: expected {} numbers separated by commas, found '{}'", trace.name,
                              line_number, has_memory ? 3 : 2, line.substr(0, 60)));
    }
    const std::size_t count = trace.cpu_percent.size();
    if (count == 1) trace.step_seconds = row->timestamp - previous;
    if (count > 0 && !(row->timestamp > previous)) {
      return fail(Errc::corrupt, fmt::format("{}:{}: timestamps must rise; sort the file by its first column",
                                             trace.name, line_number));
    }
    if (count > 1 && row->timestamp - previous != trace.step_seconds) ++trace.irregular_steps;
    previous = row->timestamp;
    trace.cpu_percent.push_back(row->cpu);
    if (has_memory) trace.memory_percent.push_back(*row->memory);
  }
  if (trace.cpu_percent.size() < 2) {
    return fail(Errc::corrupt, fmt::format("{}: at least two rows are needed to know the step", trace.name));
  }
  return trace;
}

Result<std::vector<Trace>> read_traces(const std::string& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> paths;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() == ".csv") paths.push_back(entry->path());
  }
  if (error) return fail(Errc::not_found, fmt::format("{}: cannot list it ({})", folder, error.message()));
  if (paths.empty()) return fail(Errc::not_found, fmt::format("{}: no *.csv file in it", folder));
  std::sort(paths.begin(), paths.end());
  std::vector<Trace> traces;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) return fail(Errc::io, fmt::format("{}: cannot read it", path.string()));
    auto trace = parse_trace(path.stem().string(), text.view());
    if (!trace) return fail(trace.error().code, fmt::format("{}/{}", folder, trace.error().what));
    traces.push_back(std::move(*trace));
  }
  return traces;
}

void trim(Trace& trace) {
  auto& cpu = trace.cpu_percent;
  auto& memory = trace.memory_percent;
  const auto unknown = [&](std::size_t at) {
    return (at >= cpu.size() || is_missing(cpu[at])) && (at >= memory.size() || is_missing(memory[at]));
  };
  std::size_t end = std::max(cpu.size(), memory.size());
  while (end > 0 && unknown(end - 1)) --end;
  std::size_t begin = 0;
  while (begin < end && unknown(begin)) ++begin;
  for (auto* column : {&cpu, &memory}) {
    column->resize(std::min(end, column->size()));
    column->erase(column->begin(),
                  column->begin() + static_cast<std::ptrdiff_t>(std::min(begin, column->size())));
  }
}

std::vector<double> demand_of(const Trace& trace, Resource resource, int units_max) {
  std::vector<double> demand = resource == Resource::cpu ? trace.cpu_percent : trace.memory_percent;
  for (double& value : demand) value = value * units_max / 100.0;
  return demand;
}

}  // namespace dynascale::simulate
